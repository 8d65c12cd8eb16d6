// `wumbo workflow`: the group of commands on workflows by name.
import { Command } from 'commander'
import type { Cli } from './command.ts'
import { workflowArchiveCommand } from './workflow-archive.ts'
import { workflowCreateCommand } from './workflow-create.ts'
import { workflowDeleteCommand } from './workflow-delete.ts'
import { workflowDisableCommand } from './workflow-disable.ts'
import { workflowEnableCommand } from './workflow-enable.ts'
import { workflowListCommand } from './workflow-list.ts'
import { workflowMigrateCommand } from './workflow-migrate.ts'
import { workflowRollbackCommand } from './workflow-rollback.ts'
import { workflowShowCommand } from './workflow-show.ts'
import { workflowUseCommand } from './workflow-use.ts'
import { workflowVersionsCommand } from './workflow-versions.ts'

const COMMANDS = [
  workflowListCommand, workflowShowCommand, workflowCreateCommand, workflowEnableCommand, workflowDisableCommand, workflowArchiveCommand, workflowDeleteCommand,
  workflowVersionsCommand, workflowUseCommand, workflowRollbackCommand, workflowMigrateCommand,
]

/** Makes the group. */
export function workflowCommand(cli: Cli): Command {
  const group = new Command('workflow').summary('list, store, enable, disable, archive and delete workflows').description('List, store, enable, disable, archive and delete workflows. A graph in YAML or JSON can be kept in the store; a workflow in the project\'s files is there without being stored.')
  for (const make of COMMANDS) group.addCommand(make(cli))
  return group
}
