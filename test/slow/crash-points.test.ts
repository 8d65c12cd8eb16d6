// Every crash point of every shape on SQLite with real processes; at a tenth, every fourth.
process.env['WUMBO_CRASH_EVERY'] ??= Number(process.env['WUMBO_SCALE'] ?? 1) < 1 ? '4' : '1'
await import('../crash/sqlite-crash-points.test.ts')
