// The doubles of a test as its author holds them.
import type { AnyTemplate } from '../../template/contract.ts'
import { bodyNow, bodySleep } from './bodies.ts'
import type { Stub, StubAnswer, StubbedWorkflow, TestDoubles } from './contract.ts'
import type { Doubles } from './doubles.ts'
import type { HttpMock } from './http-mock.ts'
import type { Machine } from './machine.ts'

/** Makes them of their parts. */
export function doublesOf({ doubles, http, machine }: { readonly doubles: Doubles; readonly http: HttpMock; readonly machine: Machine }): TestDoubles {
  return {
    http,
    stub: (target: AnyTemplate | string, answer: StubAnswer<never, unknown>) => doubles.stub(target, answer) as Stub<never, never> & Stub, // the overloads name the types
    stubWorkflow: (workflow: StubbedWorkflow, answer: unknown) => doubles.stubWorkflow(workflow, answer) as Stub<never, never> & Stub,
    fault: (target, options) => doubles.fault(target, options),
    sleep: bodySleep,
    now: () => bodyNow() ?? machine.time.now(),
  }
}
