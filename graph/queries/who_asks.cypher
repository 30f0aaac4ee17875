// Who asks which agents?
//
// Principals by kind and account, with the agents that they asked.
//
// folder: People
// parameters: tenant, limit
// returns: principal, kind, agent, sessions
MATCH (p:Principal)-[:SUBMITTED]->(m:Prompt)
WHERE p.tenant = $tenant
MATCH (s:Session {run: m.run})
RETURN p.id AS principal, p.kind AS kind, s.agent AS agent, count(DISTINCT s) AS sessions
ORDER BY sessions DESC, kind, principal LIMIT $limit
