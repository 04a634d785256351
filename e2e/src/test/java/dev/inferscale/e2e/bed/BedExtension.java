package dev.inferscale.e2e.bed;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives a test class the [Bed], which all classes of the JVM share, and a [BedNamespace] of its
/// own, which is deleted after the class.
public final class BedExtension implements ParameterResolver, AfterAllCallback {
  private static final Namespace STORE = Namespace.create(BedExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Bed.class || type == BedNamespace.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Bed.class ? Bed.shared() : namespace(context);
  }

  static BedNamespace namespace(ExtensionContext context) {
    Class<?> test = context.getRequiredTestClass();
    return context
        .getRoot()
        .getStore(STORE)
        .computeIfAbsent(test, _ -> BedNamespace.create(Bed.shared(), test), BedNamespace.class);
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    BedNamespace namespace =
        context
            .getRoot()
            .getStore(STORE)
            .remove(context.getRequiredTestClass(), BedNamespace.class);
    if (namespace != null) {
      namespace.close();
    }
  }
}
