// What the egress client may connect to: the public internet, and of the rest what a configuration allows. Decisions
// are about addresses; a host's name counts only where the configuration names it. No I/O.
import { isIP, type BlockList } from 'node:net'
import { ConfigInvalidError, EgressRefusedError } from '../errors.ts'
import { type AddressClass, classOfAddress, networks, plainAddress } from './egress-address.ts'

/** What is allowed beside the public internet. */
export interface EgressPolicy {
  /** Loopback, private, shared and unique local addresses. Never link-local ones or those of cloud metadata. Default false. */
  readonly allowPrivate?: boolean
  /**
   * Hosts and networks that are allowed whatever their address: `api.internal`, `localhost:8080`, `*.svc.local` (any depth below),
   * `10.1.2.3`, `10.1.0.0/16`, `fd12::/16`. Default none.
   */
  readonly allow?: readonly string[]
}

/** Where a connection goes. */
export interface Destination {
  /** The host of the URL, an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

const REASONS: Readonly<Record<Exclude<AddressClass, 'public'>, string>> = {
  private: 'which is loopback or on a private network',
  metadata: 'where clouds hand out credentials',
  reserved: 'which is link-local or reserved',
}

/** A policy, ready to be asked. */
export class EgressRules {
  readonly #allowPrivate: boolean
  readonly #hosts: readonly { readonly host: string; readonly below: boolean; readonly port: number | undefined }[]
  readonly #networks: BlockList

  /** Throws ConfigInvalidError for an entry of `allow` that is neither host nor network. */
  constructor(policy: EgressPolicy = {}) {
    this.#allowPrivate = policy.allowPrivate ?? false
    const entries = (policy.allow ?? []).map(parseEntry)
    this.#networks = networks(...entries.filter((entry) => typeof entry === 'string'))
    this.#hosts = entries.filter((entry) => typeof entry !== 'string')
  }

  /** Throws EgressRefusedError unless a connection for this destination may go to this address. */
  check(address: string, { host, port }: Destination): void {
    const plain = plainAddress(address)
    const kind = classOfAddress(plain)
    if (kind === 'public' || (kind === 'private' && this.#allowPrivate)) return
    if (this.#hosts.some((entry) => matches(entry, host, port)) || this.#isNamed(plain)) return
    const name = host === address ? host : `${host} (${address})`
    throw new EgressRefusedError(`expected a public address, got ${name}, ${REASONS[kind]}`, {
      details: { host, address },
      remedy: kind === 'private'
        ? 'Use a public address, or allow it: the configuration of http.request takes `allowPrivate: true`, or a list `allow` with the host or network.'
        : 'Use another address. If it has to be this one, name it in the list `allow` of the configuration of http.request.',
    })
  }

  #isNamed(plain: string): boolean {
    const version = isIP(plain)
    return version !== 0 && this.#networks.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }
}

interface HostEntry {
  readonly host: string
  readonly below: boolean
  readonly port: number | undefined
}

/** A network as `address/bits`, or a host. */
function parseEntry(entry: string, index: number): string | HostEntry {
  const refuse = (): ConfigInvalidError =>
    new ConfigInvalidError(`allow[${index}]: expected a host, host:port, *.domain, an address or a network such as 10.1.0.0/16, got ${JSON.stringify(entry)}`, { path: `allow[${index}]` })
  const version = isIP(entry)
  if (version !== 0) return `${entry}/${version === 4 ? 32 : 128}`
  const [address = '', bits = '', ...more] = entry.split('/')
  if (entry.includes('/')) {
    const most = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1
    if (more.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) throw refuse()
    return entry
  }
  const parts = /^(\*\.)?([a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?)(?::(\d{1,5}))?$/i.exec(entry)
  if (parts === null || Number(parts[4] ?? 1) > 65_535) throw refuse()
  return { host: (parts[2] ?? '').toLowerCase(), below: parts[1] !== undefined, port: parts[4] === undefined ? undefined : Number(parts[4]) }
}

function matches(entry: HostEntry, given: string, port: number): boolean {
  if (entry.port !== undefined && entry.port !== port) return false
  const host = given.toLowerCase().replace(/\.$/, '')
  return entry.below ? host.endsWith(`.${entry.host}`) : host === entry.host
}
