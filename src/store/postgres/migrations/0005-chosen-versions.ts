// The version that somebody chose for the new runs of a workflow, whatever is registered or stored since. A migration of a run changes the version
// in its row of run_starts, which nothing else touches.
export const chosenVersions = `
alter table workflows add column chosen text collate "C";
`
