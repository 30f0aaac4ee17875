import java.nio.file.Path;
import java.util.Arrays;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.harness.Neo4jBuilders;

/**
 * A real Neo4j on loopback: `java -cp 'lib/*' Neo4jServer.java FOLDER BOLT_PORT [browser HTTP_PORT | hunting]`.
 *
 * Without more there is no log-in. With `browser` it serves Neo4j Browser as well. With `hunting` it is what analysts log in to: as
 * deploy/hunting.conf has it. It ends when its standard input does, or when it is killed; what it acknowledged stays.
 */
public class Neo4jServer {
    public static void main(String[] arguments) throws Exception {
        var folder = Path.of(arguments[0]);
        var bolt = new SocketAddress("127.0.0.1", Integer.parseInt(arguments[1]));
        var more = Arrays.asList(arguments).subList(2, arguments.length);
        AutoCloseable server;
        if (more.contains("browser")) {
            var http = new SocketAddress("127.0.0.1", Integer.parseInt(more.get(1)));
            server = Neo4jBuilders.newInProcessBuilder(folder)
                .withConfig(BoltConnector.enabled, true).withConfig(BoltConnector.listen_address, bolt)
                .withConfig(HttpConnector.enabled, true).withConfig(HttpConnector.listen_address, http)
                .build();
        } else {
            var builder = new DatabaseManagementServiceBuilder(folder)
                .setConfig(BoltConnector.enabled, true).setConfig(BoltConnector.listen_address, bolt)
                .setConfig(GraphDatabaseSettings.pagecache_memory, 256L << 20);
            if (more.contains("hunting")) {
                builder = builder.loadPropertiesFromFile(Path.of(more.get(1)));
            }
            var service = builder.build();
            server = service::shutdown;
        }
        System.out.println("ready");
        while (System.in.read() >= 0) {}
        server.close();
        System.exit(0);
    }
}
