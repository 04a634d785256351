package dev.inferscale.adapter.certificate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// PEM text of certificates and private keys. A pair that is read is proved to belong together:
/// while files are being replaced the two may not.
public final class Pem {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN (|EC |RSA )PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END \\1PRIVATE KEY-----");

  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

  private Pem() {}

  /// A certificate chain with its private key.
  ///
  /// @param chain PEM certificates, the server's first
  /// @param key PEM private key: PKCS#8, or the older forms of EC (SEC 1) and RSA (PKCS#1)
  /// @throws GeneralSecurityException with a sentence, where either is unreadable or they do not
  ///   match
  public static ServingKey pair(byte[] chain, byte[] key) throws GeneralSecurityException {
    List<X509Certificate> certificates = certificates(chain);
    if (certificates.isEmpty()) {
      throw new GeneralSecurityException("the certificate file has no PEM certificate");
    }
    PublicKey publicKey = certificates.getFirst().getPublicKey();
    PrivateKey privateKey = privateKey(new String(key, ISO_8859_1), publicKey);
    requireMatch(privateKey, publicKey);
    return new ServingKey(privateKey, certificates);
  }

  /// All certificates of a text, in their order; none where it is empty.
  ///
  /// @throws GeneralSecurityException where one of them is unreadable
  public static List<X509Certificate> certificates(byte[] pem) throws GeneralSecurityException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(pem))
        .stream()
        .map(X509Certificate.class::cast)
        .toList();
  }

  /// The text of certificates.
  ///
  /// @throws GeneralSecurityException where one of them cannot be encoded
  public static byte[] of(List<X509Certificate> certificates) throws GeneralSecurityException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (X509Certificate certificate : certificates) {
      out.writeBytes(text("CERTIFICATE", certificate.getEncoded()));
    }
    return out.toByteArray();
  }

  /// The text of a private key, as PKCS#8.
  public static byte[] of(PrivateKey key) {
    return text("PRIVATE KEY", key.getEncoded());
  }

  private static byte[] text(String type, byte[] der) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(type, base64)
        .getBytes(ISO_8859_1);
  }

  private static PrivateKey privateKey(String pem, PublicKey publicKey)
      throws GeneralSecurityException {
    Matcher matcher = KEY.matcher(pem);
    if (!matcher.find()) {
      throw new GeneralSecurityException(
          "the key file has no unencrypted PEM private key (PKCS#8, EC or RSA)");
    }
    byte[] der;
    try {
      der = Base64.getMimeDecoder().decode(matcher.group(2));
    } catch (IllegalArgumentException notBase64) {
      throw new GeneralSecurityException("the key file's base64 is broken", notBase64);
    }
    byte[] pkcs8 = matcher.group(1).isEmpty() ? der : wrap(der, publicKey);
    return KeyFactory.getInstance(publicKey.getAlgorithm())
        .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  /// Makes PKCS#8 (RFC 5208: version, algorithm, key) of an older form, which is only the key: the
  /// algorithm is the one that the public key, a SubjectPublicKeyInfo, begins with.
  private static byte[] wrap(byte[] key, PublicKey publicKey) {
    byte[] info = publicKey.getEncoded();
    int start = headerLength(info, 0);
    int end = start + headerLength(info, start) + contentLength(info, start);
    byte[] algorithm = Arrays.copyOfRange(info, start, end);
    return der(SEQUENCE, VERSION_0, algorithm, der(OCTET_STRING, key));
  }

  private static int headerLength(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return first < 0x80 ? 2 : 2 + (first & 0x7f);
  }

  private static int contentLength(byte[] der, int at) {
    int length = der[at + 1] & 0xff;
    if (length < 0x80) {
      return length;
    }
    int value = 0;
    for (int i = 0; i < (length & 0x7f); i++) {
      value = (value << 8) | (der[at + 2 + i] & 0xff);
    }
    return value;
  }

  private static byte[] der(int tag, byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 6);
    out.write(tag);
    if (length >= 0x80) {
      int bytes = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i > 0; i--) {
        out.write(length >> (8 * i));
      }
    }
    out.write(length);
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static void requireMatch(PrivateKey privateKey, PublicKey publicKey)
      throws GeneralSecurityException {
    String algorithm =
        switch (publicKey.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> publicKey.getAlgorithm();
        };
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(privateKey);
    byte[] signed = signature.sign();
    signature.initVerify(publicKey);
    if (!signature.verify(signed)) {
      throw new GeneralSecurityException("the key does not belong to the certificate");
    }
  }
}
