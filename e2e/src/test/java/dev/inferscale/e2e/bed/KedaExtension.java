package dev.inferscale.e2e.bed;

import dev.inferscale.e2e.SourceTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives a test class the real KEDA ([KedaOnBed]), which runs from before its first test, and where
/// it asks for one a plane ([PlaneOnBed]) on the class's namespace, with an external scaler whose
/// pools stay active for two seconds. Both end after the class; their logs stay in `target/keda`.
/// Named after [BedExtension], whose namespace outlives them.
public final class KedaExtension implements BeforeAllCallback, AfterAllCallback, ParameterResolver {
  private static final Namespace STORE = Namespace.create(KedaExtension.class);

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    context.getStore(STORE).put(KedaOnBed.class, KedaOnBed.start(Bed.shared(), folder(context)));
  }

  private static Path folder(ExtensionContext context) throws IOException {
    Path all = Files.createDirectories(SourceTree.root().resolve("e2e/target/keda"));
    return Files.createTempDirectory(all, context.getRequiredTestClass().getSimpleName() + "-");
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == KedaOnBed.class || type == PlaneOnBed.class;
  }

  @Override
  public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == KedaOnBed.class
        ? context.getStore(STORE).get(KedaOnBed.class, KedaOnBed.class)
        : ofClass(context)
            .getStore(STORE)
            .computeIfAbsent(PlaneOnBed.class, _ -> plane(context), PlaneOnBed.class);
  }

  private static ExtensionContext ofClass(ExtensionContext context) {
    return context.getTestMethod().isPresent() ? context.getParent().orElseThrow() : context;
  }

  private static PlaneOnBed plane(ExtensionContext context) {
    try {
      return PlaneOnBed.start(
          Bed.shared(),
          BedExtension.namespace(context),
          folder(context),
          "--keda.port=0",
          "--keda.health-port=0",
          "--keda.grace=2s");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    KedaOnBed keda = context.getStore(STORE).remove(KedaOnBed.class, KedaOnBed.class);
    if (keda != null) {
      keda.close();
    }
    PlaneOnBed plane = context.getStore(STORE).remove(PlaneOnBed.class, PlaneOnBed.class);
    if (plane != null) {
      plane.close();
    }
  }
}
