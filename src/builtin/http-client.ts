// The token of the client that HTTP goes out by: whoever provides a client under it decides where all requests of a Wumbo go.
import type { EgressClient } from '../platform/egress.ts'
import type { ServiceToken } from '../template/contract.ts'
import { serviceToken } from '../template/services.ts'

/**
 * The client that `http.request` sends by when one is provided; else it makes its own from its configuration. Provide one made with
 * `egressClient({ … })` to send all requests by one policy, and ask for it in templates of your own: the test kit puts its mock in its place.
 * @example
 * await createWumbo({ services: services().provide(httpClient, egressClient({ allow: ['api.internal'] })) })
 * const { status } = await context.services.get(httpClient).request({ url: 'https://api.internal/people' })
 */
export const httpClient: ServiceToken<EgressClient> = serviceToken<EgressClient>('wumbo.http')
