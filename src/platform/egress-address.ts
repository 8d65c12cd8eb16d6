// Which addresses belong to the public internet and which to someone's own network. Everything that is not known to be
// public is not: the tables follow the IANA special-purpose registries (RFC 6890 and its updates) as of 2025.
import { BlockList, isIP } from 'node:net'

/**
 * `public`: the internet. `private`: loopback, RFC 1918, shared (CGNAT), unique local. `metadata`: where clouds hand out
 * credentials. `reserved`: all the rest (link-local, multicast, documentation, tunnels that hide another address, not assigned).
 */
export type AddressClass = 'public' | 'private' | 'metadata' | 'reserved'

const PRIVATE = networks('10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128', 'fc00::/7')

/** Amazon (and most others), Amazon ECS, Alibaba, Oracle, Azure; Amazon and Google over IPv6. */
const METADATA = networks('169.254.169.254/32', '169.254.170.2/32', '100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32', 'fd00:ec2::254/128', 'fd20:ce::254/128')

const RESERVED = networks(
  '0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20',
)

/** The one part of IPv6 that is given out for global use. */
const GLOBAL = networks('2000::/3')

/** Tells the class of an address, IPv4 or IPv6, as text. What is no address is `reserved`. */
export function classOfAddress(address: string): AddressClass {
  const plain = plainAddress(address)
  const version = isIP(plain)
  if (version === 0) return 'reserved'
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (METADATA.check(plain, family)) return 'metadata'
  if (PRIVATE.check(plain, family)) return 'private'
  if (RESERVED.check(plain, family)) return 'reserved'
  return version === 4 || GLOBAL.check(plain, family) ? 'public' : 'reserved'
}

/**
 * An address without disguise: an IPv4 address inside an IPv6 one (`::ffff:10.0.0.1`, `64:ff9b::a00:1`) comes out as IPv4,
 * a zone (`fe80::1%eth0`) is cut off. What is no address is given back as it is.
 */
export function plainAddress(address: string): string {
  const bare = address.split('%')[0] ?? ''
  if (isIP(bare) !== 6) return bare
  const words = wordsOf(bare)
  const [high = 0, low = 0] = words.slice(6)
  const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff
  const translated = words[0] === 0x64 && words[1] === 0xff9b && words.slice(2, 6).every((word) => word === 0)
  return mapped || translated ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : bare
}

/** The eight 16-bit words of an IPv6 address. The URL parser writes it in hexadecimal, whatever its spelling. */
function wordsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)))
  const [front, back] = [words(head), words(tail ?? '')]
  return tail === undefined ? front : [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back]
}

/** A set of networks in the form `address/bits`. */
export function networks(...ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
