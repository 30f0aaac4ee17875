// Which agents have stories?
//
// Open stories of each agent, with the highest score.
//
// folder: Stories
// parameters: tenant, limit
// returns: agent, stories, sessions, score
MATCH (s:Story {tenant: $tenant, standing: 'open'})
MATCH (x:Session {session: s.session, tenant: $tenant})
RETURN x.agent AS agent, count(DISTINCT s) AS stories, count(DISTINCT x) AS sessions, max(s.score) AS score
ORDER BY score DESC, agent LIMIT $limit
