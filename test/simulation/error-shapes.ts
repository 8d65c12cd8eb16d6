// Shapes whose failures are answered: in the place of a step, and at the end of a run that has failed, completed or was cancelled.
import type { Shape, World } from '../../src/testing/simulation.ts'
import { fromModel } from '../../src/workflow/graph.ts'
import { add } from './adding.ts'

const both = (world: World) => [add(world, 'inc'), add(world, 'bad', { fails: true })]

export function errorShapes(night: string): readonly Shape[] {
  return [
    {
      name: 'graph-handled', input: { n: 1 }, expected: { after: 9, body: 8, each: [1, 1], simple: 0 },
      make: (world) => fromModel({
        name: 'graph-handled', input: { type: 'object' },
        steps: {
          simple: { uses: 'bad', with: { n: 1 }, retry: { maxAttempts: 2, initialDelay: 20 }, onError: { codes: ['HTTP_FAILED'], output: { n: 0 } } },
          body: { uses: 'bad', with: { n: 2 }, onError: { steps: { nap: { sleep: night }, told: { needs: 'nap', uses: 'inc', with: { n: '${{ error.code == "HTTP_FAILED" ? 7 : 0 }}' } } }, output: '${{ steps.told.output }}' } },
          each: { forEach: '[1, 2]', uses: 'bad', with: { n: '${{ item }}' }, onError: { output: [{ n: 1 }, { n: 1 }] } },
          after: { uses: 'inc', with: { n: '${{ steps.body.output.n }}' }, needs: 'simple' },
        },
        finally: { steps: { end: { uses: 'inc', with: { n: 0 } } } },
        output: { simple: '${{ steps.simple.output.n }}', body: '${{ steps.body.output.n }}', each: '${{ steps.each.output.map(one, one.n) }}', after: '${{ steps.after.output.n }}' },
      }, both(world)),
    },
    {
      name: 'graph-ends-badly', input: {}, expected: 'failed',
      make: (world) => fromModel({
        name: 'graph-ends-badly', input: { type: 'object' },
        steps: { a: { uses: 'inc', with: { n: 0 } }, night: { sleep: night, needs: 'a' }, bad: { uses: 'bad', with: { n: 0 }, needs: 'night' } },
        onError: { steps: { tell: { uses: 'inc', with: { n: 1 } }, worse: { uses: 'bad', with: { n: 1 }, needs: 'tell' } } },
        finally: { steps: { nap: { sleep: 50 }, end: { uses: 'inc', with: { n: 2 }, needs: 'nap' } } },
      }, both(world)),
    },
    {
      name: 'graph-is-cancelled', input: {}, expected: 'cancelled', asks: ['cancel'],
      make: (world) => fromModel({
        name: 'graph-is-cancelled', input: { type: 'object' }, cleanUpTimeout: '365d',
        steps: { a: { uses: 'inc', with: { n: 0 } }, never: { signal: { name: 'never' }, needs: 'a' }, asked: { approval: {} } },
        finally: { steps: { first: { uses: 'inc', with: { n: 1 } }, wink: { sleep: 1500, needs: 'first' }, end: { uses: 'inc', with: { n: 2 }, needs: 'wink' } } },
      }, both(world)),
    },
  ]
}
