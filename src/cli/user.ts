// Who sits at the terminal, as far as the environment tells: kept with what they change. It proves nothing.

/** The user's name, or `cli`. */
export function userOf(env: NodeJS.ProcessEnv): string {
  return env['USER'] ?? env['USERNAME'] ?? 'cli'
}
