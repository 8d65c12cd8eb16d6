// Which addresses count as public, and what a policy allows beside them: every disguise that is known comes out.
import { describe, expect, it } from 'vitest'
import { ConfigInvalidError, EgressRefusedError } from '../errors.ts'
import { classOfAddress, plainAddress } from './egress-address.ts'
import { EgressRules } from './egress-rules.ts'

describe('classOfAddress', () => {
  it.each(['1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0', '198.17.0.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::1', '::ffff:1.1.1.1', '64:ff9b::1.1.1.1'])('%s is public', (address) => {
    expect(classOfAddress(address)).toBe('public')
  })

  it.each(['127.0.0.1', '127.255.255.254', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.127.255.255', '::1', 'fc00::1', 'fdff::1', '::ffff:10.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:127.0.0.1', '64:ff9b::10.0.0.1', '0:0:0:0:0:0:0:1'])('%s is private', (address) => {
    expect(classOfAddress(address)).toBe('private')
  })

  it.each(['169.254.169.254', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', '169.254.170.2', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce:0::254'])('%s is metadata', (address) => {
    expect(classOfAddress(address)).toBe('metadata')
  })

  it.each(['0.0.0.0', '0.1.2.3', '169.254.1.1', '192.0.2.1', '198.18.0.1', '203.0.113.9', '224.0.0.1', '255.255.255.255', '::', '::10.0.0.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '2001:db8::1', '2001::1', '2002:0a00:0001::', '3fff::1', '64:ff9b:1::a00:1', '4000::1', '', 'localhost', '127.1', '0x7f.1', '2130706433'])('%j is reserved or no address', (address) => {
    expect(classOfAddress(address)).toBe('reserved')
  })

  it('takes off the disguise of an IPv4 address', () => {
    expect(plainAddress('::FFFF:0a00:0001')).toBe('10.0.0.1')
    expect(plainAddress('fe80::1%eth0')).toBe('fe80::1')
    expect(plainAddress('2606:4700::1111')).toBe('2606:4700::1111')
  })
})

describe('EgressRules', () => {
  const allowed = (rules: EgressRules, address: string, host = address, port = 80): boolean => {
    try {
      rules.check(address, { host, port })
      return true
    } catch (thrown) {
      if (!(thrown instanceof EgressRefusedError)) throw thrown
      return false
    }
  }

  it('allows the public internet only, unless told otherwise', () => {
    const rules = new EgressRules()
    expect(allowed(rules, '1.1.1.1', 'example.com')).toBe(true)
    expect(allowed(rules, '10.0.0.1', 'example.com')).toBe(false)
    expect(() => rules.check('10.0.0.1', { host: 'example.com', port: 80 })).toThrow(/^expected a public address, got example.com \(10\.0\.0\.1\), which is loopback or on a private network$/)
  })

  it('with allowPrivate allows private addresses, but neither metadata nor reserved ones', () => {
    const rules = new EgressRules({ allowPrivate: true })
    expect(['127.0.0.1', '::1', '::ffff:10.0.0.1', '100.64.0.1', 'fd12::1'].every((address) => allowed(rules, address))).toBe(true)
    expect(['169.254.169.254', '169.254.1.1', 'fe80::1', '0.0.0.0', 'fd00:ec2::254', ''].some((address) => allowed(rules, address))).toBe(false)
  })

  it('allows the hosts and networks that are named, and nothing near them', () => {
    const rules = new EgressRules({ allow: ['api.internal', 'localhost:8080', '*.svc.local', '10.1.0.0/16', 'fd12::/32', '169.254.169.254', '::1'] })
    expect(allowed(rules, '10.9.9.9', 'API.internal.')).toBe(true)
    expect(allowed(rules, '10.9.9.9', 'xapi.internal')).toBe(false)
    expect(allowed(rules, '127.0.0.1', 'localhost', 8080)).toBe(true)
    expect(allowed(rules, '127.0.0.1', 'localhost', 8081)).toBe(false)
    expect(allowed(rules, '10.9.9.9', 'a.b.svc.local')).toBe(true)
    expect(allowed(rules, '10.9.9.9', 'svc.local')).toBe(false)
    expect(allowed(rules, '::ffff:10.1.2.3', 'any.example')).toBe(true)
    expect(allowed(rules, '10.2.0.1', 'any.example')).toBe(false)
    expect(allowed(rules, 'fd12:0:1::1')).toBe(true)
    expect(allowed(rules, 'fd12:1::1')).toBe(false)
    expect(allowed(rules, '169.254.169.254')).toBe(true)
    expect(allowed(rules, '::1')).toBe(true)
  })

  it.each(['', 'http://a', '10.0.0.0/33', '10.0.0.0/', '10/8', 'a b', '*', '*.', 'a:99999', '::1/129', '10.0.0.0/8/8'])('refuses %j in a list of what is allowed', (entry) => {
    expect(() => new EgressRules({ allow: ['ok.example', entry] })).toThrow(ConfigInvalidError)
  })
})
