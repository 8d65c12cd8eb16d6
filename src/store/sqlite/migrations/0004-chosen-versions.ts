// The version that somebody chose for the new runs of a workflow, whatever is registered or stored since.
export const chosenVersions = `
alter table workflows add column chosen text;
`
