// The way to the process that owns the store: its loopback API, with the token from its note. It sends nothing to any other
// address, and repeats nothing by itself.
import type { CreatedWorkflow, DefinedWorkflow } from '../engine/definitions-api.ts'
import type { RunDetails } from '../engine/inspect.ts'
import { OwnerUnreachableError, WorkflowNotFoundError, WumboError, errorFromData } from '../errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { Problem } from '../server/problem.ts'
import { parseJson } from '../shared/parse-json.ts'
import type { Owner } from '../store/sqlite/index.ts'
import type { Backend, NamedWorkflow } from './backend.ts'

const LOOPBACK = /^http:\/\/127\.0\.0\.1:\d{1,5}$/
const PING_MS = 2000

/** The owner as a backend, when it answers; undefined when it has told no address or does not answer there. */
export async function reachOwner(owner: Owner): Promise<Backend | undefined> {
  const { address, token, pid } = owner
  if (address === undefined || token === undefined || !LOOPBACK.test(address)) return undefined
  try {
    const answer = await fetch(`${address}/livez`, { signal: AbortSignal.timeout(PING_MS), redirect: 'error' })
    await answer.arrayBuffer()
    return answer.ok ? new OwnerClient({ pid, url: address }, token) : undefined
  } catch {
    return undefined
  }
}

class OwnerClient implements Backend {
  readonly owner: { readonly pid: number; readonly url: string }
  readonly workflows: Backend['workflows']
  readonly mail: Backend['mail']
  readonly versions: Backend['versions']
  readonly #token: string

  constructor(owner: { readonly pid: number; readonly url: string }, token: string) {
    this.owner = owner
    this.#token = token
    const sent = async (id: string, what: string, body: object): Promise<void> => {
      await this.#json(`${runPath(id)}/${what}`, body)
    }
    this.mail = {
      signal: (id, name, payload, options = {}) => sent(id, 'signals', { name, payload, ...options }),
      decide: (id, approval, decision) => sent(id, 'decisions', { approval, ...decision }),
      update: async (id, name, args, options = {}) => ((await this.#json(`${runPath(id)}/updates/${encodeURIComponent(name)}`, { args, ...options })) as { readonly value: unknown }).value,
      pause: (id) => sent(id, 'pause', {}),
      resume: (id) => sent(id, 'resume', {}),
    }
    this.versions = {
      migrate: async (name, options) => (await this.#json(`${workflowPath(name)}/migrate`, options)) as Awaited<ReturnType<Backend['versions']['migrate']>>,
      rollback: async (name, options = {}) => (await this.#json(`${workflowPath(name)}/rollback`, options)) as Awaited<ReturnType<Backend['versions']['rollback']>>,
    }
    const changed = async (name: string, what: string, body: object): Promise<DefinedWorkflow> => (await this.#json(`${workflowPath(name)}/${what}`, body)) as DefinedWorkflow
    this.workflows = {
      create: async (definition, options) => (await this.#json('/workflows', { definition, ...options })) as CreatedWorkflow,
      use: (name, version, options) => changed(name, 'use', { version, ...options }),
      enable: (name, options = {}) => changed(name, 'enable', options),
      disable: (name, options = {}) => changed(name, 'disable', options),
      archive: (name, options = {}) => changed(name, 'archive', options),
      delete: async (name) => {
        await this.#json(`${workflowPath(name)}/delete`, {})
      },
    }
  }

  async start(workflow: NamedWorkflow, input: unknown, id: string | undefined): Promise<{ id: string; existing: boolean }> {
    try {
      return (await this.#json('/runs', { workflow: workflow.name, version: workflow.version, input, id })) as { id: string; existing: boolean }
    } catch (thrown) {
      throw this.#unknownThere(thrown)
    }
  }

  async publish(...[topic, data, options = {}]: Parameters<Backend['publish']>): ReturnType<Backend['publish']> {
    return (await this.#json('/events', { topic, data, ...options })) as Awaited<ReturnType<Backend['publish']>>
  }

  async cancel(id: string): Promise<void> {
    await this.#json(`${runPath(id)}/cancel`, {})
  }

  async fork(id: string, how: Parameters<Backend['fork']>[1]): Promise<string> {
    try {
      return ((await this.#json(`${runPath(id)}/fork`, how)) as { id: string }).id
    } catch (thrown) {
      throw this.#unknownThere(thrown)
    }
  }

  async retry(id: string, why: Parameters<Backend['retry']>[1]): Promise<number> {
    return ((await this.#json(`${runPath(id)}/retry`, why)) as { gen: number }).gen
  }

  async details(id: string): Promise<RunDetails> {
    return (await this.#json(runPath(id))) as RunDetails
  }

  async *events(id: string, signal: AbortSignal): AsyncGenerator<RunEvent> {
    const answer = await this.#send(`${runPath(id)}/events`, { signal })
    let rest = ''
    try {
      for await (const piece of (answer.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
        const lines = (rest + piece).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) yield parseJson(line) as RunEvent
      }
    } catch (thrown) {
      if (!signal.aborted) throw this.#gone(thrown)
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #json(path: string, body?: unknown): Promise<unknown> {
    const answer = await this.#send(path, body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    return answer.json().catch((thrown: unknown) => {
      throw this.#gone(thrown)
    })
  }

  async #send(path: string, { headers, ...init }: Sent): Promise<Response> {
    const answer = await fetch(`${this.owner.url}/api/v1${path}`, { ...init, redirect: 'error', headers: { ...headers, authorization: `Bearer ${this.#token}` } }).catch((thrown: unknown) => {
      throw this.#gone(thrown)
    })
    if (answer.ok) return answer
    const problem = (await answer.json().catch(() => undefined)) as Partial<Problem> | undefined
    // Another server took the port, or the owner is a new process with a new token: either way not the owner that was meant.
    if (problem?.code === undefined || problem.code === 'UNAUTHENTICATED') throw this.#gone(new Error(`it answered ${answer.status}`))
    throw errorFromData({
      name: problem.title ?? 'Error', code: problem.code, message: problem.detail ?? '', retryable: problem.retryable ?? false,
      ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }), ...(problem.path === undefined ? {} : { path: problem.path }), ...(problem.details === undefined ? {} : { details: problem.details }),
    })
  }

  /** The owner has its own workflows: what it has not loaded, or loaded before a change, it does not know. */
  #unknownThere(thrown: unknown): unknown {
    if (!(thrown instanceof WumboError) || thrown.code !== 'WORKFLOW_NOT_FOUND') return thrown
    const { pid, url } = this.owner
    return new WorkflowNotFoundError(`process ${pid}, which owns the store, cannot run it: ${thrown.message}`, {
      details: { pid, address: url }, remedy: `Put the workflow into the project: wumbo dev loads it when it is saved and nothing is wrong with the project, another process when it is started again. Or stop process ${pid}: then it runs here.`,
    })
  }

  #gone(cause: unknown): OwnerUnreachableError {
    const { pid, url } = this.owner
    return new OwnerUnreachableError(`process ${pid}, which owns the store, does not answer at ${url}`, { cause, details: { pid, address: url } })
  }
}

type Sent = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> }

function workflowPath(name: string): string {
  return `/workflows/${encodeURIComponent(name)}`
}

function runPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}`
}
