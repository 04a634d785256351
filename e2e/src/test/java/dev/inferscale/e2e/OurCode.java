package dev.inferscale.e2e;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The classes of all modules, without tests, for the rules about them. In rules all names are
/// without [#OURS].
final class OurCode {
  static final String OURS = "dev.inferscale.";

  static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .importPackages("dev.inferscale");

  private OurCode() {}

  static String packageOf(JavaClass type) {
    return type.getPackageName().substring(OURS.length());
  }

  /// Those of the names that no package with a class has, and no class.
  static Set<String> unknown(Stream<String> names) {
    Set<String> exist =
        CODE.stream()
            .filter(type -> !type.getSimpleName().equals("package-info"))
            .flatMap(type -> Stream.of(packageOf(type), type.getName().substring(OURS.length())))
            .collect(Collectors.toSet());
    return names.filter(name -> !exist.contains(name)).collect(Collectors.toSet());
  }
}
