// Conformance: stored workflows, their status and their versions.
import assert from 'node:assert/strict'
import { StoreRowError } from '../../errors.ts'
import type { WorkflowRow } from '../../model/definition.ts'
import type { Store } from '../../store/port.ts'
import type { WorkflowFilter } from '../../store/workflows-port.ts'
import type { StoreCase } from './subject.ts'
import { ask, changeWorkflow, chooseVersion, collect, deleteWorkflow, finish, pairs, refused, release, saveWorkflow, start, useVersion } from './samples.ts'

const KEY = { space: 0, name: 'onboard' }

async function names(store: Store, filter: Omit<WorkflowFilter, 'space'> & { readonly space?: number }): Promise<readonly string[]> {
  return (await store.listWorkflows({ space: 0, ...filter })).workflows.map(({ name }) => name)
}

const row = (change: Partial<WorkflowRow> = {}): WorkflowRow => ({ ...KEY, status: 'enabled', version: 'h1', chosen: null, createdAt: 100, updatedAt: 100, by: 'ada', ...change })

export const workflowCases: readonly StoreCase[] = [
  {
    name: 'a choice for new runs stands beside the versions that are stored, also where none is, until it is taken back',
    async run({ store }) {
      const lane = await store.openLane()
      assert.deepEqual(await ask(lane, chooseVersion('1')), { answer: 'workflow', workflow: row({ version: null, chosen: '1' }), added: false })
      assert.deepEqual(await store.getWorkflow(KEY), row({ version: null, chosen: '1' }))
      assert.deepEqual(await ask(lane, chooseVersion('1', { at: 150, by: 'bob' })), { answer: 'workflow', workflow: row({ version: null, chosen: '1' }), added: false })
      await lane.flush([saveWorkflow('h1', { at: 200 }), saveWorkflow('h2', { at: 200 })])
      assert.deepEqual(await store.getWorkflow(KEY), row({ version: 'h2', chosen: '1', updatedAt: 200 }))
      await lane.flush([changeWorkflow('disabled', { at: 300 }), changeWorkflow('enabled', { at: 300 })])
      assert.deepEqual(await ask(lane, chooseVersion(null, { at: 400, by: 'bob' })), { answer: 'workflow', workflow: row({ version: 'h2', updatedAt: 400, by: 'bob' }), added: false })
    },
  },
  {
    name: 'a choice keeps a row that says nothing else; without it the row goes; an archived workflow takes none',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([chooseVersion('1'), changeWorkflow('archived'), changeWorkflow('enabled')])
      assert.equal((await store.getWorkflow(KEY))?.chosen, '1')
      await lane.flush([changeWorkflow('archived')])
      assert.equal((await ask(lane, chooseVersion('2')))?.answer, 'refused')
      await lane.flush([changeWorkflow('enabled'), chooseVersion(null)])
      assert.equal(await store.getWorkflow(KEY), undefined)
      await refused(lane.flush([chooseVersion('\ud800')]), StoreRowError)
    },
  },
  {
    name: 'a saved version is there at once, current, with its texts',
    async run({ store }) {
      const lane = await store.openLane()
      assert.equal(await store.getWorkflow(KEY), undefined)
      assert.deepEqual(await ask(lane, saveWorkflow('h1')), { answer: 'workflow', workflow: row(), added: true })
      assert.deepEqual(await store.getWorkflow(KEY), row())
      assert.deepEqual(await store.workflowVersions(KEY), [{ hash: 'h1', format: 'yaml', createdAt: 100, by: 'ada' }])
      assert.deepEqual(await store.workflowVersion(KEY, 'h1'), { hash: 'h1', format: 'yaml', createdAt: 100, by: 'ada', body: '{"name":"onboard"}', source: 'name: onboard # h1' })
      assert.equal(await store.workflowVersion(KEY, 'h2'), undefined)
      assert.equal(await store.definition('h1'), undefined)
    },
  },
  {
    name: 'the same version again adds nothing, whenever it comes',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h1')])
      assert.deepEqual(await ask(lane, saveWorkflow('h1', { at: 200, by: 'bob' })), { answer: 'workflow', workflow: row(), added: false })
      assert.deepEqual(await store.getWorkflow(KEY), row())
      assert.equal((await store.workflowVersions(KEY)).length, 1)
    },
  },
  {
    name: 'a version that comes again with other texts keeps its time and author, and takes the texts',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h1'), saveWorkflow('h2', { at: 150 })])
      const again = saveWorkflow('h1', { at: 200, by: 'bob', format: 'json', source: '{}', body: '{"name":"onboard","description":"x"}' })
      assert.deepEqual(await ask(lane, again), { answer: 'workflow', workflow: row({ updatedAt: 200, by: 'bob' }), added: false })
      assert.deepEqual(await store.workflowVersion(KEY, 'h1'), { hash: 'h1', format: 'json', createdAt: 100, by: 'ada', body: again.body, source: '{}' })
      assert.deepEqual((await store.workflowVersions(KEY)).map(({ hash }) => hash), ['h2', 'h1'])
    },
  },
  {
    name: 'versions are newest first, by when they were added; an earlier one can be made current again',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h2', { at: 300 }), saveWorkflow('h1', { at: 200 }), saveWorkflow('h3', { at: 250 })])
      assert.deepEqual((await store.workflowVersions(KEY)).map(({ hash }) => hash), ['h3', 'h1', 'h2'])
      assert.deepEqual(await ask(lane, useVersion('h2', { at: 400, by: 'bob' })), { answer: 'workflow', workflow: row({ version: 'h2', createdAt: 300, updatedAt: 400, by: 'bob' }), added: false })
      assert.equal((await store.getWorkflow(KEY))?.version, 'h2')
      assert.deepEqual((await store.workflowVersions(KEY)).map(({ hash }) => hash), ['h3', 'h1', 'h2'])
      assert.deepEqual(await ask(lane, useVersion('h2', { at: 500 })), { answer: 'workflow', workflow: row({ version: 'h2', createdAt: 300, updatedAt: 400, by: 'bob' }), added: false })
    },
  },
  {
    name: 'what is not there cannot be used or deleted',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h1')])
      for (const op of [useVersion('h2'), useVersion('h1', { name: 'other' }), useVersion('h1', { space: 3 }), deleteWorkflow({ name: 'other' }), deleteWorkflow({ space: 3 })]) {
        assert.deepEqual(await ask(lane, op), { answer: 'missing' })
      }
      assert.deepEqual(await store.getWorkflow(KEY), row())
    },
  },
  {
    name: 'a status changes along its transitions, keeps the version, and changes nothing when it is the same',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h1')])
      const disabled = row({ status: 'disabled', updatedAt: 200, by: 'bob' })
      assert.deepEqual(await ask(lane, changeWorkflow('disabled', { at: 200, by: 'bob' })), { answer: 'workflow', workflow: disabled, added: false })
      assert.deepEqual(await ask(lane, changeWorkflow('disabled', { at: 300 })), { answer: 'workflow', workflow: disabled, added: false })
      assert.deepEqual(await store.getWorkflow(KEY), disabled)
      await lane.flush([changeWorkflow('archived', { at: 400 })])
      assert.equal((await ask(lane, changeWorkflow('disabled')))?.answer, 'refused')
      assert.equal((await store.getWorkflow(KEY))?.status, 'archived')
      await lane.flush([changeWorkflow('enabled', { at: 500 })])
      assert.deepEqual(await store.getWorkflow(KEY), row({ updatedAt: 500 }))
    },
  },
  {
    name: 'a disabled workflow takes versions and stays disabled; an archived one takes none',
    async run({ store }) {
      const lane = await store.openLane()
      const { answers } = await lane.flush([saveWorkflow('h1'), changeWorkflow('disabled'), saveWorkflow('h2'), changeWorkflow('archived'), saveWorkflow('h3'), useVersion('h1')])
      assert.deepEqual([4, 5].map((index) => answers.get(index)?.answer), ['refused', 'refused'])
      const stored = await store.getWorkflow(KEY)
      assert.deepEqual([stored?.status, stored?.version, (await store.workflowVersions(KEY)).length], ['archived', 'h2', 2])
    },
  },
  {
    name: 'a status can stand alone, gets a version when one is saved, and goes when it says nothing',
    async run({ store }) {
      const lane = await store.openLane()
      assert.deepEqual(await ask(lane, changeWorkflow('enabled')), { answer: 'workflow', workflow: row({ version: null }), added: false })
      assert.equal(await store.getWorkflow(KEY), undefined)
      await lane.flush([changeWorkflow('disabled')])
      assert.deepEqual(await store.getWorkflow(KEY), row({ status: 'disabled', version: null }))
      await lane.flush([changeWorkflow('enabled', { at: 200 })])
      assert.equal(await store.getWorkflow(KEY), undefined)
      await lane.flush([changeWorkflow('disabled'), saveWorkflow('h1', { at: 300 })])
      assert.deepEqual(await store.getWorkflow(KEY), row({ status: 'disabled', updatedAt: 300 }))
    },
  },
  {
    name: 'only an archived workflow that no live run has is deleted, with all its versions; definitions of runs stay',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h1'), saveWorkflow('h2'), { op: 'definition', hash: 'h1', workflow: 'onboard', body: '{"name":"onboard"}', at: 1 }, start(1, { version: 'h1' }), start(2, { workflow: 'other' })])
      assert.equal((await ask(lane, deleteWorkflow()))?.answer, 'refused')
      await lane.flush([changeWorkflow('archived')])
      for (const op of [release(1, { wakeAt: 9000 }), release(2)]) {
        assert.equal((await ask(lane, deleteWorkflow()))?.answer, 'refused')
        await lane.flush([op])
      }
      await lane.flush([{ op: 'claim', limit: 9, now: 9000, kinds: null }, finish(1)])
      assert.equal(await ask(lane, deleteWorkflow()), undefined)
      assert.deepEqual([await store.getWorkflow(KEY), await store.workflowVersions(KEY), await store.workflowVersion(KEY, 'h1')], [undefined, [], undefined])
      assert.equal(await store.definition('h1'), '{"name":"onboard"}')
      assert.deepEqual(await ask(lane, saveWorkflow('h2', { at: 700 })), { answer: 'workflow', workflow: row({ version: 'h2', createdAt: 700, updatedAt: 700 }), added: true })
    },
  },
  {
    name: 'a start earlier in the same flush keeps a workflow from being deleted',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h1'), changeWorkflow('archived')])
      const { answers } = await lane.flush([start(1), deleteWorkflow()])
      assert.equal(answers.get(1)?.answer, 'refused')
      assert.equal((await store.getWorkflow(KEY))?.status, 'archived')
    },
  },
  {
    name: 'lists are by name, filtered by status, beginning and part of the name, in pages, per space',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush(['b.two', 'a-one', 'b', 'c', 'b_x'].map((name) => saveWorkflow('h1', { name })))
      await lane.flush([saveWorkflow('h1', { name: 'z', space: 3 }), changeWorkflow('disabled', { name: 'b' }), changeWorkflow('archived', { name: 'c' })])
      assert.deepEqual(await names(store, {}), ['a-one', 'b', 'b.two', 'b_x', 'c'])
      assert.deepEqual(await names(store, { space: 3 }), ['z'])
      assert.deepEqual(await names(store, { status: ['disabled', 'archived'] }), ['b', 'c'])
      assert.deepEqual(await names(store, { prefix: 'b' }), ['b', 'b.two', 'b_x'])
      assert.deepEqual(await names(store, { prefix: 'b_' }), ['b_x'])
      assert.deepEqual(await names(store, { text: 'o' }), ['a-one', 'b.two'])
      assert.deepEqual(await names(store, { text: '.' }), ['b.two'])
      assert.deepEqual(await names(store, { prefix: 'b', status: ['enabled'], text: 't' }), ['b.two'])
      assert.deepEqual(await names(store, { status: [] }), [])
      const first = await store.listWorkflows({ space: 0, limit: 2 })
      assert.deepEqual([first.workflows.map(({ name }) => name), first.next], [['a-one', 'b'], 'b'])
      const second = await store.listWorkflows({ space: 0, limit: 2, after: 'b' })
      assert.deepEqual([second.workflows.map(({ name }) => name), second.next], [['b.two', 'b_x'], 'b_x'])
      assert.deepEqual(await names(store, { after: 'b.zzz' }), ['b_x', 'c'])
      assert.equal((await store.listWorkflows({ space: 0, limit: 5 })).next, null)
    },
  },
  {
    name: 'a refused flush changes no workflow',
    async run({ store }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h1'), saveWorkflow('h1', { name: 'old' }), changeWorkflow('archived', { name: 'old' }), start(1, { workflow: 'w' })])
      const twice = start(1, { workflow: 'w' })
      await refused(lane.flush([saveWorkflow('h2'), changeWorkflow('disabled'), deleteWorkflow({ name: 'old' }), saveWorkflow('h1', { name: 'new' }), twice]), StoreRowError)
      assert.deepEqual(await store.getWorkflow(KEY), row())
      assert.deepEqual([await names(store, {}), (await store.workflowVersions(KEY)).length], [['old', 'onboard'], 1])
    },
  },
  {
    name: 'broken text in a definition is refused, whole text of any script is kept',
    async run({ store }) {
      const lane = await store.openLane()
      const error = await refused(lane.flush([saveWorkflow('h1'), saveWorkflow('h2', { source: 'a\ud800' })]), StoreRowError)
      assert.equal(error.details?.['index'], 1)
      const source = 'größe: "🔑"\r\n# \u202e\u0007\u0000'
      await lane.flush([saveWorkflow('h1', { source, by: 'Žofie' })])
      const version = await store.workflowVersion(KEY, 'h1')
      assert.deepEqual([version?.source, version?.by], [source, 'Žofie'])
    },
  },
  {
    name: 'the next owner finds workflows as they were, and check finds nothing',
    async run({ store, nextOwner }) {
      const lane = await store.openLane()
      await lane.flush([saveWorkflow('h1'), saveWorkflow('h2'), useVersion('h1', { at: 300 }), changeWorkflow('disabled', { at: 400 }), changeWorkflow('archived', { name: 'code' }), saveWorkflow('h1', { name: 'gone' }), changeWorkflow('archived', { name: 'gone' }), deleteWorkflow({ name: 'gone' })])
      const next = await nextOwner()
      const after = await next.openLane()
      assert.deepEqual(await next.getWorkflow(KEY), row({ status: 'disabled', updatedAt: 400 }))
      assert.deepEqual([(await next.workflowVersions(KEY)).map(({ hash }) => hash), await names(next, {})], [['h2', 'h1'], ['code', 'onboard']])
      assert.deepEqual(pairs(await after.flush([saveWorkflow('h2', { at: 500 })])), [[0, { answer: 'workflow', workflow: row({ status: 'disabled', version: 'h2', updatedAt: 500 }), added: false }]])
      assert.deepEqual(await collect(next.check()), [])
    },
  },
]
