package dev.inferscale.adapter.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who a certificate and headers identify, by the rules of Kubernetes' request-header and x509
/// authenticators.
class TrustTest {
  @TempDir private static Path folder;
  private static Pki pki;
  private static Instant made;

  @BeforeAll
  static void makeCertificates() {
    pki = new Pki(folder);
    pki.root("proxies");
    pki.root("clients");
    pki.root("strangers");
    pki.intermediate("middle", "clients");
    pki.client("proxy", "proxies", "CN=front-proxy-client");
    pki.client("alice", "clients", "CN=alice,O=blue,O=red");
    pki.client("bob", "middle", "CN=bob");
    pki.client("nameless", "clients", "O=blue");
    pki.client("stranger", "strangers", "CN=alice,O=system:masters");
    pki.make("server", "CN=alice", List.of("-ext", "EKU=serverAuth", "-signer", "clients"));
    pki.make("any", "CN=any", List.of("-signer", "clients"));
    made = pki.chain("any").getFirst().getNotBefore().toInstant().plusSeconds(60);
  }

  private static ObjectNode data() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("client-ca-file", pki.pem("clients"))
        .put("requestheader-client-ca-file", pki.pem("proxies"))
        .put("requestheader-allowed-names", "[\"front-proxy-client\"]")
        .put("requestheader-username-headers", "[\"X-Remote-User\",\"X-Other-User\"]")
        .put("requestheader-group-headers", "[\"X-Remote-Group\"]")
        .put("requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]");
  }

  private static Opinion identify(ObjectNode data, String certificate, String... headers) {
    List<X509Certificate> chain = certificate.isEmpty() ? List.of() : pki.chain(certificate);
    return identify(data, chain, made, headers);
  }

  private static Opinion identify(
      ObjectNode data, List<X509Certificate> chain, Instant now, String... headers) {
    try {
      return Trust.read(data)
          .identify(
              new Caller(chain, ShownHeaders.of(headers), InetAddress.getLoopbackAddress()), now);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static User known(Opinion opinion) {
    return ((Opinion.Known) opinion).user();
  }

  @Test
  void theFrontProxySpeaksForItsUser() {
    User user =
        known(
            identify(
                data(),
                "proxy",
                "x-remote-user",
                "alice",
                "X-Remote-Group",
                "one",
                "X-Remote-Group",
                "two",
                "X-REMOTE-EXTRA-Acme%2Fscope",
                "a",
                "X-Remote-Extra-bad%zz",
                "b",
                "X-Remote-Uid",
                "never asked for"));

    assertThat(user.name()).isEqualTo("alice");
    assertThat(user.groups()).containsExactly("one", "two");
    assertThat(user.uid()).isEmpty();
    assertThat(user.extra()).isEqualTo(Map.of("acme/scope", List.of("a"), "bad%zz", List.of("b")));
  }

  @Test
  void anUidCountsOnlyWhereTheClusterNamesItsHeader() {
    ObjectNode data = data().put("requestheader-uid-headers", "[\"X-Remote-Uid\"]");

    assertThat(known(identify(data, "proxy", "X-Remote-User", "a", "X-Remote-Uid", "7")).uid())
        .isEqualTo("7");
  }

  @Test
  void theFirstHeaderThatSaysSomethingIsTheName() {
    Opinion opinion = identify(data(), "proxy", "X-Remote-User", "", "X-Other-User", "carol");

    assertThat(known(opinion).name()).isEqualTo("carol");
  }

  @Test
  void headersOfAnybodyElseAreNotBelieved() {
    String[] headers = {"X-Remote-User", "admin", "X-Remote-Group", "system:masters"};

    assertThat(identify(data(), "", headers)).isEqualTo(Opinion.NONE);
    assertThat(known(identify(data(), "alice", headers)).name()).isEqualTo("alice");
    assertThat(identify(data(), "stranger", headers)).isInstanceOf(Opinion.Wrong.class);
    assertThat(identify(data().put("requestheader-allowed-names", "[\"other\"]"), "proxy", headers))
        .isInstanceOf(Opinion.Wrong.class);
  }

  @Test
  void withoutAllowedNamesAnyCertificateOfTheProxiesWillDo() {
    ObjectNode data = data().put("requestheader-allowed-names", "[]");

    assertThat(known(identify(data, "proxy", "X-Remote-User", "a")).name()).isEqualTo("a");
  }

  @Test
  void aClientIsItsCommonNameInTheGroupsOfItsOrganizations() {
    User alice = known(identify(data(), "alice"));

    assertThat(alice.name()).isEqualTo("alice");
    assertThat(alice.groups()).containsExactlyInAnyOrder("blue", "red");
  }

  @ParameterizedTest
  @CsvSource({
    "alice, Known", // its own authority
    "bob, Known", // by an intermediate that the handshake brought
    "any, Known", // no extended usage is any usage
    "proxy, Wrong", // of the proxies, but it says no name, and the clients' authority knows it not
    "stranger, Wrong",
    "server, Wrong", // not for clients
    "nameless, Wrong", // nobody, and the proxies' authority knows it not
  })
  void oneAuthorityMustHaveSignedForAClient(String certificate, String opinion) {
    assertThat(identify(data(), certificate).getClass().getSimpleName()).isEqualTo(opinion);
  }

  @Test
  void anIntermediateThatIsMissingCannotBeGuessed() {
    List<X509Certificate> alone = List.of(pki.chain("bob").getFirst());

    assertThat(identify(data(), alone, made)).isInstanceOf(Opinion.Wrong.class);
  }

  @Test
  void theOrderOfTheRestOfTheChainIsNoMatter() {
    List<X509Certificate> chain = pki.chain("bob");
    List<X509Certificate> shuffled =
        Stream.concat(chain.stream().limit(1), chain.reversed().stream().limit(2)).toList();

    assertThat(identify(data(), shuffled, made)).isInstanceOf(Opinion.Known.class);
  }

  @Test
  void whatWasGoodIsNotBelievedBeyondItsEnd() throws GeneralSecurityException {
    Trust trust = Trust.read(data());
    Caller alice =
        new Caller(pki.chain("alice"), ShownHeaders.of(), InetAddress.getLoopbackAddress());

    assertThat(trust.identify(alice, made)).isInstanceOf(Opinion.Known.class);
    assertThat(trust.identify(alice, made)).isInstanceOf(Opinion.Known.class);
    assertThat(trust.identify(alice, made.plus(Duration.ofDays(11))))
        .isInstanceOf(Opinion.Wrong.class);
    assertThat(trust.identify(alice, made.minus(Duration.ofDays(1))))
        .isInstanceOf(Opinion.Wrong.class);
  }

  @Test
  void oldAndNewAuthorityStandBesideEachOtherInABundle() {
    ObjectNode data = data().put("client-ca-file", pki.pem("strangers", "clients"));

    assertThat(identify(data, "alice")).isInstanceOf(Opinion.Known.class);
    assertThat(identify(data, "stranger")).isInstanceOf(Opinion.Known.class);
  }

  @Test
  void aClusterMayHaveNoAuthorityForClientsOrNoFrontProxy() {
    ObjectNode noClients = data().without(List.of("client-ca-file"));
    ObjectNode noProxy = data().without(List.of("requestheader-client-ca-file"));

    assertThat(identify(noClients, "proxy", "X-Remote-User", "a"))
        .isInstanceOf(Opinion.Known.class);
    assertThat(identify(noClients, "alice")).isInstanceOf(Opinion.Wrong.class);
    assertThat(identify(noProxy, "alice")).isInstanceOf(Opinion.Known.class);
    assertThat(identify(JsonNodeFactory.instance.objectNode(), "alice")).isEqualTo(Opinion.NONE);
  }

  @Test
  void issuersOfAHandshakeAreThoseOfBoth() throws GeneralSecurityException {
    assertThat(Trust.read(data()).issuers())
        .extracting(each -> each.getSubjectX500Principal().getName())
        .containsExactly("CN=proxies", "CN=clients");
    assertThat(Trust.NOBODY.issuers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-Remote-User", "{}", "[1", "[\"\"]", "\"x\""})
  void aListThatIsNoneIsRefusedByItsKey(String text) {
    ObjectNode data = data().put("requestheader-username-headers", text);

    assertThatThrownBy(() -> Trust.read(data))
        .isInstanceOf(GeneralSecurityException.class)
        .hasMessageContaining("requestheader-username-headers");
  }

  @Test
  void aBundleThatIsNoneIsRefusedByItsKey() {
    assertThatThrownBy(() -> Trust.read(data().put("client-ca-file", "nonsense")))
        .isInstanceOf(GeneralSecurityException.class)
        .hasMessageContaining("client-ca-file");
  }
}
