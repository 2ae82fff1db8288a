import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;

// Peer is a TLS 1.3 client and server of Bouncy Castle's JSSE with the cipher suites of RFC 8998, for the tls suite. A connection begins
// with a line: client or server, the cipher suite, and mutual or server. TLS follows on the same connection. A server sends each line
// back. A client sends a line and expects it back; behind TLS it writes how that went.
public class Peer {
    static final String LINE = "abcdefedcba\n";
    static Path dir;

    public static void main(String[] args) throws Exception {
        dir = Path.of(args[0]);
        System.setProperty("jdk.tls.namedGroups", "curveSM2");
        System.setProperty("jdk.tls.client.SignatureSchemes", "sm2sig_sm3");
        System.setProperty("jdk.tls.server.SignatureSchemes", "sm2sig_sm3");
        Provider bc = new BouncyCastleProvider();
        Security.addProvider(bc);
        Provider jsse = new BouncyCastleJsseProvider(bc);
        SSLContext client = context(jsse, "client");
        SSLContext server = context(jsse, "server");
        try (ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            System.out.println(listener.getLocalPort() + " Bouncy Castle " + bc.getVersionStr() + ", Java " + System.getProperty("java.version"));
            System.out.flush();
            new Thread(Peer::endWithStdin).start();
            while (true) {
                Socket raw = listener.accept();
                new Thread(() -> converse(raw, client, server)).start();
            }
        }
    }

    static void endWithStdin() {
        try {
            while (System.in.read() >= 0) { }
        } catch (IOException e) { }
        System.exit(0);
    }

    static SSLContext context(Provider jsse, String side) throws Exception {
        CertificateFactory certificates = CertificateFactory.getInstance("X.509", "BC");
        char[] none = new char[0];
        KeyStore keys = KeyStore.getInstance("PKCS12", "BC"), roots = KeyStore.getInstance("PKCS12", "BC");
        keys.load(null, none);
        roots.load(null, none);
        String pem = Files.readString(dir.resolve(side + "-key.pem")).replaceAll("-----[^\n]*\n|\\s", "");
        PrivateKey key = KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        try (InputStream own = Files.newInputStream(dir.resolve(side + ".pem")); InputStream root = Files.newInputStream(dir.resolve("root.pem"))) {
            keys.setKeyEntry("own", key, none, certificates.generateCertificates(own).toArray(new java.security.cert.Certificate[0]));
            roots.setCertificateEntry("root", certificates.generateCertificate(root));
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX", jsse);
        own.init(keys, none);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX", jsse);
        trusted.init(roots);
        SSLContext context = SSLContext.getInstance("TLSv1.3", jsse);
        context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }

    static void converse(Socket raw, SSLContext client, SSLContext server) {
        try (raw) {
            String[] words = readLine(raw.getInputStream()).split(" ");
            boolean asClient = words[0].equals("client");
            SSLSocket tls = (SSLSocket) (asClient ? client : server).getSocketFactory().createSocket(raw, "server.test", 443, false);
            tls.setUseClientMode(asClient);
            tls.setEnabledProtocols(new String[] {"TLSv1.3"});
            tls.setEnabledCipherSuites(new String[] {words[1]});
            SSLParameters parameters = tls.getSSLParameters();
            if (asClient) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            } else {
                parameters.setNeedClientAuth(words[2].equals("mutual"));
            }
            tls.setSSLParameters(parameters);
            String outcome = asClient ? ask(tls) : echo(tls);
            if (asClient) {
                raw.getOutputStream().write(("\nxcmatrix: " + outcome + "\n").getBytes(StandardCharsets.UTF_8));
                raw.getOutputStream().flush();
            }
        } catch (IOException e) {
            System.err.println(e);
        }
    }

    static String ask(SSLSocket tls) {
        try {
            tls.startHandshake();
            tls.getOutputStream().write(LINE.getBytes(StandardCharsets.UTF_8));
            String got = readLine(tls.getInputStream());
            if (!(got + "\n").equals(LINE)) return "another line came back: " + got;
            while (tls.getInputStream().read() >= 0) { }
            String suite = tls.getSession().getCipherSuite();
            tls.close();
            return "ok " + suite;
        } catch (Exception e) {
            return e.toString();
        }
    }

    static String echo(SSLSocket tls) throws IOException {
        String line;
        tls.startHandshake();
        while (!(line = readLine(tls.getInputStream())).isEmpty()) {
            tls.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
        tls.close();
        return "ok";
    }

    static String readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) line.write(b);
        return line.toString(StandardCharsets.UTF_8);
    }
}
