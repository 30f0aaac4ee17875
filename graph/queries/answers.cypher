// Which answers carry text of third parties?
//
// Values that an answer has from content: links and addresses that a reader may follow.
//
// folder: Content
// parameters: tenant, limit
// returns: session, agent, place, author, step
MATCH (d:Content)-[r:CARRIED]->(a:Content)
WHERE d.tenant = $tenant AND a.kind = 'answer'
MATCH (s:Session {run: a.run})
RETURN DISTINCT s.session AS session, s.agent AS agent, d.place AS place, d.author AS author, r.position AS step
ORDER BY session, step LIMIT $limit
