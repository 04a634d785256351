package dev.inferscale.app.plane;

import dev.inferscale.adapter.certificate.Pem;
import dev.inferscale.adapter.certificate.ServingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;

/// A folder laid out as a kubelet lays out a mounted Secret: each file leads through `..data` to a
/// dated folder, and an update swaps that link and removes the folder before.
final class MountedSecret {
  private static final List<String> NAMES = List.of("tls.crt", "tls.key", "ca.crt");

  private final Path folder;
  private int version;

  /// @param folder is made
  MountedSecret(Path folder, ServingKey server, X509Certificate... authorities)
      throws IOException, GeneralSecurityException {
    this.folder = Files.createDirectory(folder);
    swap(server, authorities);
    for (String name : NAMES) {
      Files.createSymbolicLink(folder.resolve(name), Path.of("..data", name));
    }
  }

  Path certificate() {
    return folder.resolve("tls.crt");
  }

  Path key() {
    return folder.resolve("tls.key");
  }

  Path authorities() {
    return folder.resolve("ca.crt");
  }

  /// The next version, good.
  void swap(ServingKey server, X509Certificate... authorities)
      throws IOException, GeneralSecurityException {
    swap(Pem.of(server.chain()), Pem.of(server.key()), Pem.of(List.of(authorities)));
  }

  /// The next version, whatever is in it.
  void swap(byte[] certificate, byte[] key, byte[] authorities) throws IOException {
    Path link = folder.resolve("..data");
    Path before = Files.exists(link) ? link.toRealPath() : null;
    Path dated = Files.createDirectory(folder.resolve("..v" + ++version));
    Files.write(dated.resolve("tls.crt"), certificate);
    Files.write(dated.resolve("tls.key"), key);
    Files.write(dated.resolve("ca.crt"), authorities);
    Path next = Files.createSymbolicLink(folder.resolve("..data_tmp"), dated.getFileName());
    Files.move(next, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    if (before != null) {
      for (String name : NAMES) {
        Files.delete(before.resolve(name));
      }
      Files.delete(before);
    }
  }
}
