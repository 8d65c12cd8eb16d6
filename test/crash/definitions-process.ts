// One process of the kill test: stores version after version of a few workflows, archives others, and tells each change once it was
// acknowledged, until it is killed. Nothing that it tells is ever undone. Arguments: folder, the first number.
import { createWumbo, log } from '../../src/index.ts'

const [folder = '.', first = '1'] = process.argv.slice(2)
const wumbo = await createWumbo({ store: `sqlite:${folder}/wumbo.db`, templates: [log] })
for (let number = Number(first); ; number++) {
  const name = number % 6 === 0 ? `old-${number}` : `w${number % 3}`
  const message = `say ${number}`
  const source = `# ${number}\nname: ${name}\nsteps: { say: { uses: log, with: { message: ${message} } } }\n`
  const { version } = await wumbo.definitions.create({ name, steps: { say: { uses: 'log', with: { message } } } }, { source, format: 'yaml' })
  console.log(JSON.stringify({ name, version, source, message }))
  if (number % 6 !== 0) continue
  await wumbo.definitions.archive(name)
  console.log(JSON.stringify({ name, archived: true }))
}
