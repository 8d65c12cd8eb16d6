// Runs stand in queues, from which workers take them.
export const queues = `
alter table runs add column queue text not null default 'default';
`
