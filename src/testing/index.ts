// The package entry `wumbo/testing`: what users' own tests may stand on. The simulation of many workers, virtual time and the rest of this
// folder serve the tests of this repository and are not offered.
export { createTestWumbo } from './kit/test-wumbo.ts'
export type {
  Fault, FaultKind, FaultOptions, Journal, StartedRun, Stub, StubAnswer, StubbedWorkflow, StubCall, StubOutput, SweepOptions, SweepReport, Target, TestDoubles, TestOptions, TestRun, TestWumbo,
} from './kit/contract.ts'
export type { HttpMock, MockReply, MockRequest, MockRoute, UrlPattern } from './kit/http-mock.ts'
export { expectJournal } from './kit/expect-journal.ts'
export type { JournalExpectation } from './kit/expect-journal.ts'
export { assertTemplateOutput } from './kit/template-output.ts'
export { simulate } from './kit/simulate.ts'
export type { SimulatedWorld, SimulateOptions, SimulationReport } from './kit/simulate.ts'
export type { Faults } from './kit/chaos.ts'
export { recordRun } from './kit/recording.ts'
export type { RecordedPlace, RecordOptions } from './kit/recording.ts'
export { replayRun } from './kit/replay-run.ts'
export type { ReplayReport } from './kit/replay-run.ts'
export { storeConformance } from './store-conformance.ts'
export type { StoreCase, StoreFactory, StoreUnderTest } from './store-conformance.ts'
