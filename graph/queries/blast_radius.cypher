// What did a poisoned document reach?
//
// Every call that has a value of it, or does what it orders, and what the call ran and touched.
//
// folder: Content
// parameters: tenant, place
// returns: graph
MATCH (d:Content {place: $place, tenant: $tenant})-[r:CARRIED|ORDERED]->(c)
OPTIONAL MATCH (s:Session)-[k:CONTAINS]->(d)
OPTIONAL MATCH (c)-[w:RAN|TOUCHED]->(x)
RETURN d, r, c, s, k, w, x LIMIT 1000
