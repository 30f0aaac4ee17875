// Which destinations are new?
//
// Hosts that were asked since a time and never before.
//
// folder: Network
// parameters: tenant, since_ns, limit
// returns: host, first_ns, agents, sessions
MATCH (s:Session)-[r:ACCESSED]->(:Resource)-[:SERVED_AT]->(e:Endpoint)
WHERE r.at_ns >= $since_ns AND s.tenant = $tenant
WITH e.name AS host, min(r.at_ns) AS first_ns, collect(DISTINCT s.agent) AS agents, count(DISTINCT s) AS sessions
WHERE NOT EXISTS {
  MATCH (o:Endpoint {name: host, tenant: $tenant})<-[:SERVED_AT]-(:Resource)<-[before:ACCESSED]-(:Session)
  WHERE before.at_ns < $since_ns
}
RETURN host, first_ns, agents, sessions ORDER BY first_ns DESC, host LIMIT $limit
