// Which signals were raised?
//
// Single observations worth noting, by rule and agent; only some are part of a story.
//
// folder: Coverage
// parameters: tenant, limit
// returns: rule, agent, sessions, signals
MATCH (g:Signal)-[:CONCERNS]->(x)
WHERE x.tenant = $tenant
MATCH (s:Session {run: x.run})
RETURN g.name AS rule, s.agent AS agent, count(DISTINCT s) AS sessions, count(DISTINCT g) AS signals
ORDER BY signals DESC, rule LIMIT $limit
