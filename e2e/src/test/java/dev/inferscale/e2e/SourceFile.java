package dev.inferscale.e2e;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/// What the compiler's parser sees in a source file: its lines, types and methods.
///
/// @param path relative to the root of the tree, with slashes
/// @param types simple names of all types in the file, nested ones too
/// @param methods lines of each method, constructor and initialiser
/// @param packageAnnotations on the package, as written
record SourceFile(
    String path,
    int lines,
    List<String> types,
    List<Method> methods,
    List<String> packageAnnotations) {

  /// @param name `Type.method`
  record Method(String name, int lines) {}

  String folder() {
    return path.substring(0, path.lastIndexOf('/'));
  }

  String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /// Parses texts by path; needs the JDK's compiler, which every build has.
  static List<SourceFile> parse(Map<String, String> texts) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<InMemory> files =
        texts.entrySet().stream().map(e -> new InMemory(e.getKey(), e.getValue())).toList();
    JavacTask task =
        (JavacTask) compiler.getTask(null, null, null, List.of("-proc:none"), null, files);
    SourcePositions positions = Trees.instance(task).getSourcePositions();
    List<SourceFile> parsed = new ArrayList<>();
    try {
      for (CompilationUnitTree unit : task.parse()) {
        // The compiler wraps the file objects that it is given: a path leads back to the text.
        String path = unit.getSourceFile().toUri().getPath().substring(1);
        parsed.add(read(path, Objects.requireNonNull(texts.get(path)), unit, positions));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("parsing from memory cannot fail", e);
    }
    return parsed;
  }

  private static SourceFile read(
      String path, String text, CompilationUnitTree unit, SourcePositions positions) {
    Members members = new Members(unit, positions);
    members.scan(unit, null);
    List<String> annotations =
        unit.getPackageAnnotations().stream().map(a -> a.getAnnotationType().toString()).toList();
    return new SourceFile(
        path, (int) text.lines().count(), members.types, members.methods, annotations);
  }

  private static final class Members extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final List<String> types = new ArrayList<>();
    private final List<Method> methods = new ArrayList<>();
    private String enclosing = "";

    Members(CompilationUnitTree unit, SourcePositions positions) {
      this.unit = unit;
      this.positions = positions;
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void ignored) {
      String outer = enclosing;
      enclosing = type.getSimpleName().toString();
      types.add(enclosing);
      for (Tree member : type.getMembers()) {
        if (member instanceof BlockTree) {
          add("initialiser", member);
        }
      }
      super.visitClass(type, null);
      enclosing = outer;
      return null;
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void ignored) {
      add(method.getName().toString(), method);
      return super.visitMethod(method, null);
    }

    private void add(String name, Tree tree) {
      methods.add(
          new Method(
              enclosing + "." + name,
              (int)
                  (line(positions.getEndPosition(unit, tree))
                      - line(positions.getStartPosition(unit, tree))
                      + 1)));
    }

    private long line(long position) {
      return unit.getLineMap().getLineNumber(position);
    }
  }

  private static final class InMemory extends SimpleJavaFileObject {
    private final String text;

    InMemory(String path, String text) {
      super(URI.create("memory:///" + path), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public String getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
