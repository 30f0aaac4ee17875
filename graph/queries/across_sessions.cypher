// What went from one session into another?
//
// Values of content of one session in a call of another: kept in a memory, a file or a ticket meanwhile.
//
// folder: Content
// parameters: tenant, limit
// returns: from_session, place, to_session, tool, grade
MATCH (d:Content)-[r:CARRIED|ORDERED]->(c)
WHERE d.tenant = $tenant AND d.run <> c.run
MATCH (a:Session {run: d.run}) MATCH (b:Session {run: c.run})
RETURN DISTINCT a.session AS from_session, d.place AS place, b.session AS to_session, c.name AS tool, coalesce(r.grade, 'E1') AS grade
ORDER BY from_session, to_session LIMIT $limit
