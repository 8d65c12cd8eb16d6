// Asks whether whoever calls may. Who that is, is a service of the context.
import { DefinitionError, PermissionDeniedError } from '../../errors.ts'
import type { MaybePromise } from '../contract.ts'
import { isThenable } from '../../shared/thenable.ts'
import { serviceToken } from '../services.ts'
import { RANKS, type Decorator } from './decorator.ts'
import { functionOf } from './options.ts'

/** Who calls. */
export interface UserContext {
  readonly id: string
  readonly permissions: readonly string[]
}

/** The service under which a context carries who calls. */
export const UserContext = serviceToken<UserContext>('user-context')

/** A permission that the caller must have, or a function that decides; `user` is undefined where the context carries none. */
export type AccessRule<I> = string | ((user: UserContext | undefined, input: I) => MaybePromise<boolean>)

/** Refuses with PERMISSION_DENIED before anything of the template begins. */
export function withAccess<I>(rule: AccessRule<I>): Decorator<I> {
  if (typeof rule !== 'string') functionOf(rule, 'access')
  if (rule === '') throw new DefinitionError('access: expected the name of a permission, got an empty text', { path: 'access' })
  return {
    name: 'access', rank: RANKS.access,
    wrap: (next, { meta }) => (input, context) => {
      const user = context.services.has(UserContext) ? context.services.get(UserContext) : undefined
      const go = (may: boolean): MaybePromise<unknown> => {
        if (may) return next(input, context)
        throw new PermissionDeniedError(`${user === undefined ? 'a caller without a user' : user.id} may not call ${meta.name}${typeof rule === 'string' ? `: it takes the permission ${rule}` : ''}`, { details: { template: meta.name, ...(typeof rule === 'string' ? { permission: rule } : {}) } })
      }
      const may = typeof rule === 'string' ? user?.permissions.includes(rule) === true : rule(user, input as I) // the checked input is what the schema gives
      return isThenable(may) ? Promise.resolve(may).then(go) : go(may)
    },
  }
}
