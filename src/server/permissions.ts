// Who may do what: every route of the server with the permission it needs, in one table, and which callers have which
// permissions. A route that the table does not name stops the start of the server.

/** What a caller may be allowed to do. */
export type Permission =
  | 'health:read' | 'status:read' | 'runs:read' | 'runs:start' | 'runs:cancel' | 'runs:retry' | 'runs:fork' | 'runs:pause' | 'runs:signal' | 'runs:decide' | 'runs:query' | 'runs:update'
  | 'events:read' | 'events:publish' | 'workflows:read' | 'workflows:create' | 'workflows:change' | 'workflows:delete'

/** Every route with its permission. The key is `METHOD path`; HEAD goes with GET. */
export const ROUTE_PERMISSIONS: ReadonlyMap<string, Permission> = new Map([
  ['GET /livez', 'health:read'],
  ['GET /readyz', 'health:read'],
  ['GET /', 'status:read'],
  ['GET /runs/:id', 'status:read'],
  ['GET /style.css', 'status:read'],
  ['POST /api/v1/runs', 'runs:start'],
  ['GET /api/v1/runs/:id', 'runs:read'],
  ['GET /api/v1/runs/:id/events', 'runs:read'],
  ['POST /api/v1/runs/:id/cancel', 'runs:cancel'],
  ['POST /api/v1/runs/:id/retry', 'runs:retry'],
  ['POST /api/v1/runs/:id/fork', 'runs:fork'],
  ['POST /api/v1/runs/:id/pause', 'runs:pause'],
  ['POST /api/v1/runs/:id/resume', 'runs:pause'],
  ['POST /api/v1/runs/:id/signals', 'runs:signal'],
  ['POST /api/v1/runs/:id/decisions', 'runs:decide'],
  ['POST /api/v1/runs/:id/query', 'runs:query'],
  ['POST /api/v1/runs/:id/updates/:name', 'runs:update'],
  ['GET /api/v1/events', 'events:read'],
  ['POST /api/v1/events', 'events:publish'],
  ['GET /api/v1/workflows', 'workflows:read'],
  ['POST /api/v1/workflows', 'workflows:create'],
  ['GET /api/v1/workflows/:name', 'workflows:read'],
  ['GET /api/v1/workflows/:name/versions', 'workflows:read'],
  ['GET /api/v1/workflows/:name/versions/:version', 'workflows:read'],
  ['POST /api/v1/workflows/:name/enable', 'workflows:change'],
  ['POST /api/v1/workflows/:name/disable', 'workflows:change'],
  ['POST /api/v1/workflows/:name/archive', 'workflows:change'],
  ['GET /api/v1/workflows/:name/in-use', 'workflows:read'],
  ['POST /api/v1/workflows/:name/use', 'workflows:change'],
  ['POST /api/v1/workflows/:name/rollback', 'workflows:change'],
  ['POST /api/v1/workflows/:name/migrate', 'workflows:change'],
  ['POST /api/v1/workflows/:name/delete', 'workflows:delete'],
])

/** Anyone on this machine. */
const VISITOR: ReadonlySet<Permission> = new Set(['health:read', 'status:read'])

/** Whoever holds the token. */
const OPERATOR: ReadonlySet<Permission> = new Set([
  'health:read', 'status:read', 'runs:read', 'runs:start', 'runs:cancel', 'runs:retry', 'runs:fork', 'runs:pause', 'runs:signal', 'runs:decide', 'runs:query', 'runs:update',
  'events:read', 'events:publish', 'workflows:read', 'workflows:create', 'workflows:change', 'workflows:delete',
])

/** The permission of a route, or undefined for one that the table does not name. */
export function permissionOf(method: string, path: string): Permission | undefined {
  return ROUTE_PERMISSIONS.get(`${method === 'HEAD' ? 'GET' : method} ${path}`)
}

/** Whether a caller, with or without the token, has a permission. */
export function mayDo(permission: Permission, hasToken: boolean): boolean {
  return (hasToken ? OPERATOR : VISITOR).has(permission)
}
