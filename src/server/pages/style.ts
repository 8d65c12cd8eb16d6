// The one style sheet of the status pages: readable on a phone, light and dark by the system's choice, no fonts or images.

export const STYLE = `
:root { color-scheme: light dark; --ink: #1c1f24; --soft: #5c6470; --line: #d9dde3; --paper: #fff; --shade: #f4f6f8;
  --good: #17703a; --bad: #b3261e; --live: #0b5cad; --hold: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9ec; --soft: #a3abb6; --line: #333941; --paper: #15181c; --shade: #1e2227;
  --good: #6fcf8e; --bad: #ff8a80; --live: #7cb8ff; --hold: #ffc266; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
a { color: var(--live); }
p.facts, .soft { color: var(--soft); overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .25rem .75rem; margin: .5rem 0 1rem; }
nav [aria-current] { font-weight: 600; color: var(--ink); text-decoration: none; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .5rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.bar { width: 40%; min-width: 8rem; vertical-align: middle; }
svg { display: block; width: 100%; height: .8rem; background: var(--shade); }
rect { fill: var(--live); }
.completed rect { fill: var(--good); } .failed rect { fill: var(--bad); } .skipped rect { fill: var(--soft); }
.status { font-weight: 600; white-space: nowrap; }
.completed .status { color: var(--good); } .failed .status { color: var(--bad); }
.running .status { color: var(--live); } .waiting .status, .paused .status, .parked .status { color: var(--hold); } .cancelled .status, .skipped .status { color: var(--soft); }
pre { margin: 0; padding: .75rem; background: var(--shade); white-space: pre-wrap; overflow-wrap: anywhere; font: .875rem/1.45 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.problem { border-left: 4px solid var(--bad); padding: .25rem .75rem; }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { display: flex; gap: .75rem; border: 0; padding: .1rem 0; }
  td::before { content: attr(data-name); flex: 0 0 5.5rem; color: var(--soft); }
  td.bar { width: auto; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; }
}
`
