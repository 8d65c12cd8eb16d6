// The package entry `wumbo/testing`: what users' own tests may stand on. The simulation of many workers, virtual time and the rest of this
// folder serve the tests of this repository and are not offered.
export { createTestWumbo } from './kit/test-wumbo.ts'
export type {
  Fault, FaultKind, FaultOptions, Journal, StartedRun, Stub, StubAnswer, StubCall, SweepOptions, SweepReport, Target, TestDoubles, TestOptions, TestRun, TestWumbo,
} from './kit/contract.ts'
export type { HttpMock, MockReply, MockRequest, MockRoute, UrlPattern } from './kit/http-mock.ts'
export { storeConformance } from './store-conformance.ts'
export type { StoreCase, StoreFactory, StoreUnderTest } from './store-conformance.ts'
