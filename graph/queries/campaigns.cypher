// Which injected content is in several sessions?
//
// Campaigns: the same text began stories in more than one session.
//
// folder: Stories
// parameters: tenant, limit
// returns: campaign, sessions, stories, titles
MATCH (k:Campaign)<-[:PART_OF]-(c:Chain)-[:PART_OF]->(s:Story {tenant: $tenant, standing: 'open'})
WITH k, collect(DISTINCT s.session) AS sessions, collect(DISTINCT s.id) AS stories, collect(DISTINCT s.title) AS titles
WHERE size(sessions) > 1
RETURN k.key AS campaign, sessions, stories, titles[..5] AS titles
ORDER BY size(sessions) DESC, campaign LIMIT $limit
