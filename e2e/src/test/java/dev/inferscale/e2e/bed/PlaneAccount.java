package dev.inferscale.e2e.bed;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.inferscale.e2e.SourceTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The ServiceAccount of the manifests, in the test's namespace, with the rights that they give and
/// no others.
final class PlaneAccount {
  private static final Path RBAC = SourceTree.root().resolve("manifests/base/rbac");

  private final Bed bed;
  private final BedNamespace home;

  /// Without any right.
  PlaneAccount(Bed bed, BedNamespace home) throws IOException {
    this.bed = bed;
    this.home = home;
    grant("service-account.yaml");
  }

  /// Applies a manifest, with the test's namespace for that of the plane.
  void grant(String file) throws IOException {
    String text = Files.readString(RBAC.resolve(file), UTF_8);
    home.apply(text.replace("namespace: inferscale}", "namespace: " + home.name() + "}"));
  }

  /// Its credentials.
  ///
  /// @param folder where they are written
  Path kubeconfig(Path folder) throws IOException {
    String token = bed.kubectl("create", "token", "inferscale", "--namespace", home.name()).strip();
    return Files.writeString(folder.resolve("plane.kubeconfig"), bed.kubeconfigOf(token));
  }
}
