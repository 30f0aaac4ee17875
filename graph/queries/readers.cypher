// Which sessions read it?
//
// Sessions that read content of a place: a page, a document, a tool; the first first.
//
// folder: Content
// parameters: tenant, place, limit
// returns: session, agent, times, first_ns, steered
MATCH (d:Content {place: $place, tenant: $tenant})<-[k:CONTAINS]-(s:Session)
OPTIONAL MATCH (d)-[r:CARRIED|ORDERED]->()
RETURN s.session AS session, s.agent AS agent, count(DISTINCT d) AS times, min(k.at_ns) AS first_ns, count(DISTINCT r) > 0 AS steered
ORDER BY first_ns, session LIMIT $limit
