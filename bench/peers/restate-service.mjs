// The service that Restate calls: three durable steps, each recorded by `ctx.run` before the next begins. Plain
// JavaScript, because its only dependency is installed on demand and is unknown to the project's type check.
import * as restate from '@restatedev/restate-sdk'

const increment = ({ n }) => ({ n: n + 1 })

const three = restate.service({
  name: 'three',
  handlers: {
    run: async (ctx, input) => {
      const a = await ctx.run('a', () => increment(input))
      const b = await ctx.run('b', () => increment(a))
      return await ctx.run('c', () => increment(b))
    },
  },
})

// serve() has no host option and would listen on every interface, so the HTTP/2 server is made here.
const { createServer } = await import('node:http2')
const server = createServer(restate.createEndpointHandler({ services: [three], bidirectional: true, logger: () => {} }))
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.({ ready: true }))
process.once('disconnect', () => process.exit(0))
