using System.Text;

namespace Toolkit.Formats.Tests;

public sealed class TextFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("toolkit-text-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_gives_the_text_without_its_byte_order_mark()
    {
        var path = Path.Combine(_folder, "cfg.json");
        File.WriteAllText(path, "{\"name\": \"ρ\"}", Encoding.Unicode);

        TextFile.Read(path, 100, "a configuration").ShouldBe("{\"name\": \"ρ\"}");
    }

    [Fact]
    public void Read_takes_as_much_as_the_bound_and_no_more()
    {
        var path = Path.Combine(_folder, "cfg.json");
        File.WriteAllText(path, new string('x', 1000));

        TextFile.Read(path, 1000, "a configuration").Length.ShouldBe(1000);
        Should.Throw<BadInputException>(() => TextFile.Read(path, 999, "a configuration")).Message
            .ShouldContain("a configuration takes less");
    }

    [Fact]
    public void Read_does_not_trust_the_length_of_a_device()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "There is no /dev/zero here.");

        Should.Throw<BadInputException>(() => TextFile.Read("/dev/zero", 1 << 20, "a configuration"))
            .Message.ShouldContain("more than 1 million characters");
    }

    [Fact]
    public void Read_tells_a_folder_from_nothing()
    {
        Should.Throw<BadInputException>(() => TextFile.Read(_folder, 1, "a sweep")).Message
            .ShouldContain("a folder; a sweep is a file");
        Should.Throw<BadInputException>(() => TextFile.Read(Path.Combine(_folder, "no"), 1, "a sweep")).Message
            .ShouldContain("there is no such file; a sweep was expected");
    }
}
