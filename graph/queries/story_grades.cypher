// How well is a story proven?
//
// The links between its steps, by kind and grade of evidence.
//
// folder: Stories
// parameters: tenant, story
// returns: link, grade, links
MATCH (s:Story {id: $story, tenant: $tenant})<-[:PART_OF]-(a)-[r]->(b)-[:PART_OF]->(s)
RETURN type(r) AS link, coalesce(r.grade, 'E1') AS grade, count(DISTINCT r) AS links
ORDER BY grade, link
