// What became of a file?
//
// Names that a path was renamed or linked to, up to five times.
//
// folder: Files
// parameters: tenant, path
// returns: path, steps, names
MATCH way = (f:File {path: $path, tenant: $tenant})-[:BECAME*1..5]->(g:File)
RETURN DISTINCT g.path AS path, length(way) AS steps, [n IN nodes(way) | n.path] AS names
ORDER BY steps, path
