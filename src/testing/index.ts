// The package entry `wumbo/testing`: what users' own tests may stand on. Simulation, crash points and virtual time serve the
// tests of this repository and are not offered yet.
export { storeConformance } from './store-conformance.ts'
export type { StoreCase, StoreFactory, StoreUnderTest } from './store-conformance.ts'
