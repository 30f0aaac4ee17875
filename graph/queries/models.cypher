// Which models answer for which agents?
//
// Models by agent.
//
// folder: People
// parameters: tenant, limit
// returns: model, agent, sessions, replies
MATCH (d:Decision)-[:MADE_BY]->(m:Model)
WHERE m.tenant = $tenant
MATCH (s:Session {run: m.run})
RETURN m.name AS model, s.agent AS agent, count(DISTINCT s) AS sessions, count(d) AS replies
ORDER BY sessions, model LIMIT $limit
