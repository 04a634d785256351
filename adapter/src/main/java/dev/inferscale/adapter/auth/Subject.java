package dev.inferscale.adapter.auth;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/// Of a certificate's subject what Kubernetes reads: the common name is the user, the organizations
/// are its groups.
///
/// @param commonName empty where there is none; the last where there are several
/// @param organizations in the certificate's order
record Subject(String commonName, List<String> organizations) {

  static Subject of(X509Certificate certificate) {
    String name = certificate.getSubjectX500Principal().getName(X500Principal.RFC2253);
    try {
      // Its list begins with the last of the text, which is the first of the certificate.
      List<Rdn> parts = new LdapName(name).getRdns();
      List<String> names = values(parts, "CN");
      return new Subject(names.isEmpty() ? "" : names.getLast(), values(parts, "O"));
    } catch (NamingException unreadable) {
      return new Subject("", List.of());
    }
  }

  /// Values that are no text are left out.
  private static List<String> values(List<Rdn> parts, String type) throws NamingException {
    List<String> values = new ArrayList<>();
    for (Rdn part : parts) {
      Attribute attribute = part.toAttributes().get(type);
      if (attribute != null) {
        for (Object value : Collections.list(attribute.getAll())) {
          if (value instanceof String text) {
            values.add(text);
          }
        }
      }
    }
    return values;
  }
}
