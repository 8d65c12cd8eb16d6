// K1 to K5 at every crash point of every shape, on the memory store: die before and after each store call, then go on.
import { describe, expect, test } from 'vitest'
import { sweepCrashPoints } from '../../src/testing/crash-points.ts'
import { shapes } from '../simulation/shapes.ts'

describe('K1, K3, K4, K5: dying before and after each store call changes nothing', () => {
  test.each(shapes.map((shape) => [shape.name, shape] as const))('%s', async (_name, shape) => {
    const { points, violations } = await sweepCrashPoints({ shapes: [shape] })
    expect(violations).toEqual([])
    expect(points).toBeGreaterThan(6)
  })
})
