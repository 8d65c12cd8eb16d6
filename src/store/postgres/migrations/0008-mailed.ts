// Two indexes of inboxes began with the run: by number, and by the id of a mail. Where the statistics say that a run has one mail, or nothing, either will do for any lookup, and
// the planner took now one, now the other, and kept it. By the wrong one each lookup reads the whole inbox: what 10,000 children told one parent cost the square of their number.
// The index of ids is one of an expression now, so that a lookup by number cannot take it, and one by id, which says the same expression, can take no other. It is
// asked for a value, not joined: a join might still look up by the run alone.
import { children } from './0004-children.ts'
import { mailEventFunction } from './0007-events.ts'

export const mailed = `
drop index inbox_mail;
create unique index inbox_mail on inbox ((run_no + 0), mail);
${children}
${mailEventFunction}
`
