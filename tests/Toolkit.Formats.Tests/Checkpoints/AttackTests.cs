using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Toolkit.Formats.Checkpoints;
using Toolkit.Formats.Checkpoints.Scanning;

namespace Toolkit.Formats.Tests.Checkpoints;

/// <summary>One test for each way in which a file can be made to do harm.</summary>
public sealed class AttackTests
{
    private const string Proto = "\x80\x02";

    [Theory]
    [InlineData("cos\nsystem\n(S'id'\ntR.", "os.system")]
    [InlineData("cposix\nsystem\n(S'id'\ntR.", "posix.system")]
    [InlineData("c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval")]
    [InlineData("cbuiltins\ngetattr\n(cbuiltins\ndict\nS'get'\ntR.", "builtins.getattr")]
    [InlineData("csubprocess\nPopen\n(S'id'\ntR.", "subprocess.Popen")]
    [InlineData("crunpy\nrun_module\n(S'x'\ntR.", "runpy.run_module")]
    [InlineData("ctorch.hub\nload\n(S'x'\ntR.", "torch.hub.load")]
    [InlineData("ctorch.storage\n_load_from_bytes\n(S'x'\ntR.", "torch.storage._load_from_bytes")]
    [InlineData("cnumpy.testing._private.utils\nrunstring\n(S'x'\n}tR.", "numpy.testing._private.utils.runstring")]
    [InlineData("(S'id'\nios\nsystem\n.", "os.system")]
    [InlineData("(cos\nsystem\nS'id'\no.", "os.system")]
    [InlineData("ccollections\nOrderedDict.__init__.__globals__\n.", "collections.OrderedDict.__init__.__globals__")]
    [InlineData("cmypackage\n__reduce_ex__\n.", "mypackage.__reduce_ex__")]
    public void Name_that_runs_code_is_dangerous_and_is_not_resolved(string body, string name)
    {
        var report = Scan(Proto + body);

        report.Verdict.ShouldBe(ScanVerdict.Dangerous);
        report.Findings[0].Subject.ShouldBe(name);
        report.Findings[0].Position.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("cposix\nsystem\np0\n(Vid\np1\ntp2\nRp3\n.")]
    [InlineData("cposix\nsystem\nq\0(X\u0002\0\0\0idq\u0001tq\u0002Rq\u0003.")]
    [InlineData("(dp0\nVx\np1\ncposix\nsystem\n(Vid\ntRs.")]
    [InlineData("}q\0X\u0001\0\0\0xcposix\nsystem\n(X\u0002\0\0\0idtRs.")]
    [InlineData("(cposix\nsystem\nS'id'\no.")]
    [InlineData("(S'id'\niposix\nsystem\n.")]
    [InlineData("I1\n0cposix\nsystem\n(S'id'\ntR.")]
    [InlineData("K\u00010cposix\nsystem\n(X\u0002\0\0\0idtR.")]
    [InlineData("((((1111cposix\nsystem\n(S'id'\ntR.")]
    [InlineData("N0cposix\nsystem\n)R\xff")]
    public void Pickle_of_the_protocols_that_are_not_marked_is_scanned_too(string pickle)
    {
        var report = Scan(pickle);

        report.Verdict.ShouldBe(ScanVerdict.Dangerous);
        report.Findings[0].Subject.ShouldBe("posix.system");
    }

    [Theory]
    [InlineData("comma, separated\nvalues\n")]
    [InlineData("(in short)")]
    [InlineData("c")]
    public void Text_is_not_taken_for_a_pickle(string text) =>
        Scan(text).Failure.ShouldNotBeNull().ShouldContain("not a known checkpoint format");

    [Fact]
    public void Computed_name_is_dangerous() =>
        Scan("\x80\x04\x8c\x02os(l\x93.").Findings.ShouldContain(finding => finding.Subject == "(computed name)"
            && finding.Verdict == ScanVerdict.Dangerous);

    [Fact]
    public void Call_of_the_result_of_a_call_is_dangerous() =>
        Scan(Proto + "cmy\nfactory\n)R)R.").Findings.ShouldContain(finding => finding.Subject == "(computed call)");

    [Fact]
    public void Danger_before_a_break_in_the_pickle_is_still_reported()
    {
        var report = Scan(Proto + "cos\nsystem\n(S'id'\ntR\xff");

        report.Verdict.ShouldBe(ScanVerdict.Dangerous);
        report.Findings[0].IsCalled.ShouldBeTrue();
        report.Failure.ShouldNotBeNull();
    }

    [Fact]
    public void Unknown_class_is_unknown_and_its_state_is_still_searched_for_tensors()
    {
        var report = Scan(Proto + "cmypackage.models\nNet\n)\x81}b.");

        report.Verdict.ShouldBe(ScanVerdict.Unknown);
        report.Findings.ShouldHaveSingleItem().IsCalled.ShouldBeTrue();
    }

    [Fact]
    public void Bytes_behind_the_pickle_are_scanned_too()
    {
        var report = Scan(Proto + "}." + Proto + "cos\nsystem\n(S'id'\ntR.");

        report.Verdict.ShouldBe(ScanVerdict.Dangerous);
        report.Findings.ShouldContain(finding => finding.Subject == "os.system" && finding.Position == 6);
    }

    [Fact]
    public void Pickle_in_an_array_of_objects_is_scanned_and_not_loaded()
    {
        var npy = Npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }");
        var evil = npy[..^64].Concat(Pickle(Proto + "cos\nsystem\n(S'id'\ntR.")).ToArray();

        Checkpoint.ScanFile(evil, "objects.npy").Findings[0].Subject.ShouldBe("os.system");
        Checkpoint.ScanFile(Zip(("a.npy", evil)), "objects.npz").Verdict.ShouldBe(ScanVerdict.Dangerous);
        Checkpoint.ScanFile(Zip(("evil.pkl", Pickle("I1\n0cos\nsystem\n(S'id'\ntR."))), "member.npz").Verdict.ShouldBe(
            ScanVerdict.Dangerous);
    }

    [Fact]
    public void File_that_is_safetensors_and_a_pickle_at_once_is_dangerous()
    {
        // The header's length 0x8042 is for a pickle the opcode of 128 raw bytes. They end in a text of the header,
        // where short texts (U, a length that can be printed) follow each other up to the elements, which are a
        // pickle's rest.
        const int HeaderBytes = 0x8042;
        const string Elements = "0cos\nsystem\n(S'id'\ntR.";
        var header =
            $$$"""{"a":{"dtype":"U8","shape":[{{{Elements.Length}}}],"data_offsets":[0,{{{Elements.Length}}}]},"__metadata__":{"p":"""
                .PadRight(HeaderBytes - 3, 'x')
                .ToCharArray();
        header[Array.LastIndexOf(header, ':') + 1] = '"';
        for (var at = 5 + (HeaderBytes >> 8) - 8; at < HeaderBytes;)
        {
            var skipped = Math.Min(126, HeaderBytes - at - 2);
            (header[at], header[at + 1]) = ('U', (char)skipped);
            at += 2 + skipped;
        }

        var file = Safetensors(HeaderBytes, new string(header) + "\"}}", Elements.Length);
        Pickle(Elements).CopyTo(file, 8 + HeaderBytes);

        var report = Checkpoint.ScanFile(file, "model.pt");

        report.Failure.ShouldBeNull();
        report.Format.ShouldBe("safetensors");
        report.Verdict.ShouldBe(ScanVerdict.Dangerous);
        report.Findings.ShouldContain(finding => finding.Subject == "(a pickle as well)");
    }

    [Fact]
    public void Archive_whose_first_letters_are_a_persistent_id_is_no_pickle_of_its_own()
    {
        // Python reads the P of a zip as a persistent id up to the first line's end, here the number 10, and stops.
        var pickle = Proto + "}U\u0001aK\nctorch\nfloat32\n0s.";

        var report = Checkpoint.ScanFile(Zip(("archive/data.pkl", Pickle(pickle))), "model.pt");

        report.Findings.ShouldNotContain(finding => finding.Subject == "(a pickle as well)");
    }

    [Fact]
    public void Torch_file_inside_a_pickle_that_names_code_is_dangerous()
    {
        var inner = "\u0080\u0002\u008a\u000al\u00fc\u009cF\u00f9 j\u00a8P\u0019."
            + Proto + "M\u00e9\u0003." + Proto + "}." + Proto + "cos\nsystem\n(S'id'\ntR." + Proto + "].";

        var report = Scan("\x80\x04" + "ctorch.storage\n_load_from_bytes\n(C" + (char)inner.Length + inner + "tR.");

        report.Verdict.ShouldBe(ScanVerdict.Dangerous);
        report.Findings[0].Subject.ShouldBe("os.system");
    }

    [Fact]
    public void Pairs_of_names_do_not_multiply_without_end()
    {
        var body = new StringBuilder("\x80\x04");
        for (var i = 0; i < 200; i++)
        {
            body.Append($"\x8c\x04m{i:D3}\x94");
        }

        for (var i = 0; i < 200 * 200; i++)
        {
            body.Append('h').Append((char)(i / 200)).Append('h').Append((char)(i % 200)).Append('\x93');
        }

        Refused(Pickle(body + "."), "or the one after 10000 different ones");
    }

    [Theory]
    [InlineData("conj", 1f, -2f)]
    [InlineData("neg", -1f, -2f)]
    public void Lazy_conjugates_and_negatives_are_read_as_the_numbers_they_stand_for(
        string flag, float real, float imaginary)
    {
        var elements = new byte[16];
        BinaryPrimitives.WriteSingleLittleEndian(elements, 1);
        BinaryPrimitives.WriteSingleLittleEndian(elements.AsSpan(4), 2);
        var pickle = Proto + "}U\x01t"
            + "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nComplexFloatStorage\nU\x01"
            + "0U\u0003cpuK\x02tQ"
                + "K\x00))\x89}}U" + (char)flag.Length + flag + "\x88stRs.";

        using var checkpoint = Checkpoint.Open(Zip(("a/data.pkl", Pickle(pickle)), ("a/data/0", elements)), "lazy.pt");

        // (1 + 2i): the negative of both parts, or of the imaginary one.
        System.Runtime.InteropServices.MemoryMarshal
            .Cast<byte, float>(checkpoint.Read("t").Bytes.Span)
            .ToArray()
            .ShouldBe([real, imaginary]);
        checkpoint.Find("t").Notes.ShouldHaveSingleItem().ShouldBe(flag == "neg" ? "negated" : "conjugated");
    }

    [Fact]
    public void Extension_code_is_unknown() => Scan(Proto + "\x82\x05.").Findings[0].Subject.ShouldBe("(extension 5)");

    [Fact]
    public void Lists_of_lists_that_multiply_are_stopped()
    {
        // Each list holds the one before twice: 2^60 values from 500 bytes.
        var body = new StringBuilder("]q\x00");
        for (var i = 1; i <= 60; i++)
        {
            body.Append($"]q{(char)i}(h{(char)(i - 1)}h{(char)(i - 1)}e");
        }

        Should.Throw<BadInputException>(() => Checkpoint.Open(
            Pickle(Proto + body + "."), "laughs.pkl", new CheckpointLimits { MaxVisitedValues = 100_000 }))
            .Message.ShouldContain("grow without end");
    }

    [Fact]
    public void Copies_of_copies_are_stopped()
    {
        var body = new StringBuilder(Proto
            + "c__builtin__\nlist\nq\x00" + "0]q\x01(" + string.Concat(Enumerable.Repeat("K\x01", 20_000)) + "e0");
        for (var i = 0; i < 20_000; i++)
        {
            body.Append("h\0h\x01\x85R0");
        }

        Refused(Pickle(body + "N."), "are copied");
    }

    [Fact]
    public void Deep_nesting_is_stopped() => Refused(
        Pickle(Proto
            + string.Concat(Enumerable.Repeat("(", 5_000)) + "N" + string.Concat(Enumerable.Repeat("l", 5_000)) + "."),
        "nested deeper");

    [Fact]
    public void List_that_contains_itself_ends() =>
        Checkpoint.Open(Pickle(Proto + "]q\0h\0a."), "self.pkl").Tensors.ShouldBeEmpty();

    [Theory]
    [InlineData("X\xff\xff\xff\xff")]
    [InlineData("B\xff\xff\xff\x7f")]
    [InlineData("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f")]
    [InlineData("\x8d\xff\xff\xff\xff\xff\xff\xff\xff")]
    [InlineData("T\xff\xff\xff\xff")]
    public void Length_beyond_the_file_is_refused_before_memory_is_taken(string body)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(Pickle(Proto + body + "."), "it is truncated");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Theory]
    [InlineData("\x8b\xff\xff\xff\x7f", "a number of 2147483647 bytes")]
    [InlineData("0.", "the stack is empty")]
    [InlineData("t.", "a mark is missing")]
    [InlineData("h\x05.", "memo entry 5 is used before it is set")]
    [InlineData("\x97.", "a buffer outside of the pickle")]
    [InlineData("K\x05K\x01K\x02s.", "no dictionary")]
    [InlineData("I99x\n.", "a number that is none")]
    public void Broken_pickle_is_refused_with_the_reason(string body, string reason) =>
        Refused(Pickle(Proto + body), reason);

    [Fact]
    public void Protocol_from_the_future_is_refused() => Refused(Pickle("\x80\x05\x80\x09N."), "protocol 9");

    [Fact]
    public void Zip_with_a_name_twice_is_refused() =>
        Refused(Zip(("a/data.pkl", Pickle(Proto + "}.")), ("a/data.pkl", Pickle(Proto + "}."))), "occurs twice");

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Code_in_an_archive_that_is_refused_is_named_all_the_same(CompressionLevel level)
    {
        var zip = Zip(
            level,
            ("a/data.pkl", Pickle(Proto + "}.")),
            ("a/data.pkl", Pickle(Proto + "cos\nsystem\n(S'id'\ntR.")),
            ("a/data/0", new byte[64]));

        foreach (var refused in new[] { zip, zip[..Directory(zip, 0)] })
        {
            var report = Checkpoint.ScanFile(refused, "refused.pt");

            report.Failure.ShouldNotBeNull();
            report.Verdict.ShouldBe(ScanVerdict.Dangerous);
            report.Findings.ShouldContain(finding => finding.Subject == "os.system"
                && finding.Where == "refused.pt, a/data.pkl"
                && finding.Occurrences == 1);
        }
    }

    [Fact]
    public void Code_in_an_array_of_objects_of_a_refused_npz_is_named_all_the_same()
    {
        var array = File.ReadAllBytes(Fixture.Path("objects.npy"));
        var header = 10 + BinaryPrimitives.ReadUInt16LittleEndian(array.AsSpan(8));
        byte[] evil = [.. array[..header], .. Pickle(Proto + "cos\nsystem\n(S'id'\ntR.")];

        Checkpoint.ScanFile(Zip(("a.npy", evil), ("a.npy", evil)), "twice.npz").Verdict.ShouldBe(ScanVerdict.Dangerous);
    }

    [Fact]
    public void TorchScript_before_pickles_is_refused_by_name() =>
        Refused(
            Zip(("net/version", [(byte)'1']), ("net/model.json", "{}"u8.ToArray()), ("net/tensors/0", new byte[4])),
            "TorchScript as torch 1.0 to 1.3 wrote it");

    [Fact]
    public void Zip_with_two_data_pickles_is_refused() =>
        Refused(
            Zip(("a/data.pkl", Pickle(Proto + "}.")), ("b/data.pkl", Pickle(Proto + "}."))),
            "2 members are called data.pkl");

    [Fact]
    public void Further_pickle_beside_the_data_is_scanned()
    {
        var zip = Zip(
            ("a/data.pkl", Pickle(Proto + "}.")), ("a/extra.bin", Pickle(Proto + "cos\nsystem\n(S'id'\ntR.")));

        var report = Checkpoint.ScanFile(zip, "extra.pt");

        report.Verdict.ShouldBe(ScanVerdict.Dangerous);
        report.Findings.ShouldContain(finding => finding.Subject == "os.system"
            && finding.Where == "extra.pt, a/extra.bin");
    }

    [Fact]
    public void Member_that_leaves_the_folder_is_dangerous() =>
        Checkpoint.ScanFile(Zip(("a/data.pkl", Pickle(Proto + "}.")), ("../../etc/cron.d/x", [1])), "path.pt").Verdict
            .ShouldBe(ScanVerdict.Dangerous);

    [Fact]
    public void Overlapping_members_are_refused()
    {
        // Both directory entries point at the first local header, as the bombs of D. Fifield do.
        var zip = Zip(("a/data.pkl", Pickle(Proto + "}.")), ("b/data.pkl", Pickle(Proto + "}.")));
        var first = Directory(zip, 0);
        var second = Directory(zip, 1);
        zip.AsSpan(first + 42, 4).CopyTo(zip.AsSpan(second + 42));
        zip[second + 46] = (byte)'a';

        Refused(zip, "occurs twice");
    }

    [Fact]
    public void Overlap_of_a_member_and_the_next_is_refused()
    {
        var zip = Zip(("a/data.pkl", Pickle(Proto + "}.")), ("a/data/0", new byte[64]));
        var first = Directory(zip, 0);
        foreach (var at in new[] { 18, 22 })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(at), 60);
        }

        foreach (var at in new[] { 20, 24 })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(first + at), 60);
        }

        Refused(zip, "overlap, as in a zip bomb");
    }

    [Fact]
    public void Encrypted_member_is_refused()
    {
        var zip = Zip(("a/data.pkl", Pickle(Proto + "}.")));
        zip[Directory(zip, 0) + 8] |= 1;

        Refused(zip, "is encrypted");
    }

    [Fact]
    public void Local_header_of_another_name_is_refused()
    {
        var zip = Zip(("a/data.pkl", Pickle(Proto + "}.")));
        zip[30] = (byte)'b';

        Refused(zip, "contradict each other");
    }

    [Fact]
    public void Local_header_of_another_size_is_refused()
    {
        var zip = Zip(("a/data.pkl", Pickle(Proto + "}.")));
        zip[22]++;

        Refused(zip, "different sizes or checksums");
    }

    [Fact]
    public void Unknown_compression_is_refused()
    {
        var zip = Zip(("a/data.pkl", Pickle(Proto + "}.")));
        zip[8] = zip[Directory(zip, 0) + 10] = 12;

        Refused(zip, "compressed by method 12");
    }

    [Fact]
    public void Zip_bomb_is_refused_without_inflating_it()
    {
        var zip = Zip(CompressionLevel.Optimal, ("a/data.pkl", new byte[100 << 20]));
        var before = GC.GetAllocatedBytesForCurrentThread();

        Refused(zip, "as in a zip bomb");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void Promise_of_a_size_that_does_not_come_out_is_refused()
    {
        var zip = Zip(CompressionLevel.Optimal, ("a/data.pkl", new byte[1000]));
        foreach (var at in new[] { 22, Directory(zip, 0) + 24 })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(at), 50 << 20);
        }

        Refused(zip, "inflates to 1000 bytes");
    }

    [Fact]
    public void Storage_that_is_not_there_is_refused() =>
        Refused(Tensor("K\x04", "(K\x02K\x02t", "(K\x02K\x01t", withStorage: false), "has no member 'a/data/0'");

    [Theory]
    [InlineData("(K\x02K\x09t", "(K\x09K\x01t", "reaches to byte 72 of its storage, which has 16")]
    [InlineData("(K\x02K\x02t", "(M\xff\xffK\x01t", "reaches to byte 262148 of its storage")]
    [InlineData(
        "(\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ft",
        "(K\x01K\x01t",
        "is impossible")]
    [InlineData("(K\x02t", "(\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ft", "a size that no file can have")]
    [InlineData("(J\xff\xff\xff\xfft", "(K\x01t", "is impossible")]
    [InlineData("(K\x02t", "(J\xff\xff\xff\xfft", "none negative")]
    [InlineData("(K\x02t", ")", "one stride for each dimension")]
    public void View_outside_of_its_storage_is_refused(string shape, string strides, string reason) =>
        Refused(Tensor("K\x00", shape, strides), reason);

    [Fact]
    public void Offset_outside_of_the_storage_is_refused() =>
        Refused(Tensor("J\xff\xff\xff\xff", "(K\x02t", "(K\x01t"), "offset");

    [Fact]
    public void Small_storage_repeated_without_end_is_listed_but_not_expanded()
    {
        using var checkpoint = Checkpoint.Open(Tensor("K\x00", "(J\xff\xff\xff\x1ft", "(K\x00t"), "expand.pt");

        checkpoint.Tensors.ShouldHaveSingleItem().Shape.Count.ShouldBe(0x1fffffff);
        Should.Throw<BadInputException>(() => checkpoint.Read("t")).Message.ShouldContain("are expanded");
    }

    [Theory]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
        4,
        "occurs twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "no holes")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        8,
        "no overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "bytes that belong to nothing")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "it is truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes, its offsets give 4")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}""",
        4,
        "a size that no file can have")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}""", 4, "impossible")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "a negative number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, "unknown or there twice")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "not the JSON of safetensors")]
    [InlineData("""{"a":[]}""", 0, "not the JSON of safetensors")]
    public void Safetensors_that_breaks_a_rule_is_refused(string header, int dataBytes, string reason) =>
        Refused(Safetensors((ulong)Encoding.UTF8.GetByteCount(header), header, dataBytes), reason);

    [Theory]
    [InlineData(100_000_001UL, "at most 100000000")]
    [InlineData(ulong.MaxValue, "at most 100000000")]
    [InlineData(5_000UL, "it is truncated")]
    public void Safetensors_header_of_a_false_length_is_refused(ulong length, string reason) =>
        Refused(Safetensors(length, """{"a":{}}""", 0), reason);

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000,), }", "reaches to byte")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "impossible")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "header is damaged")]
    [InlineData("{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (), }", "header is damaged")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': 1}", "header is damaged")]
    [InlineData("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': ()}", "header is damaged")]
    public void Npy_header_that_breaks_a_rule_is_refused(string header, string reason) => Refused(Npy(header), reason);

    [Theory]
    [InlineData("|O", "pickled Python objects")]
    [InlineData("<U4", "texts")]
    [InlineData("|V2", "raw bytes or records")]
    [InlineData("<M8[s]", "times")]
    [InlineData("<f16", "depends on the machine")]
    public void Npy_type_without_numbers_is_refused_by_name(string type, string reason) =>
        Checkpoint.Open(Npy($"{{'descr': '{type}', 'fortran_order': False, 'shape': (1,), }}"), "x.npy").Unreadable
            .ShouldHaveSingleItem().Reason
            .ShouldContain(reason);

    [Fact]
    public void Shard_outside_of_the_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["model.safetensors.index.json"], """{"weight_map":{"a":"../secret.safetensors"}}""");

        Should.Throw<BadInputException>(() => Checkpoint.Open(folder["model.safetensors.index.json"])).Message
            .ShouldContain("other places are not read");
    }

    [Theory]
    [InlineData("empty", "the file is empty")]
    [InlineData("noise", "not a known checkpoint format")]
    public void Foreign_file_is_refused_in_one_sentence(string kind, string reason)
    {
        var bytes = new byte[kind == "empty" ? 0 : 1000];
        new Random(3).NextBytes(bytes);

        Refused(bytes, reason);
    }

    private static ScanReport Scan(string pickle) => Checkpoint.ScanFile(Pickle(pickle), "attack.pkl");

    private static byte[] Pickle(string text) => Encoding.Latin1.GetBytes(text);

    private static void Refused(byte[] content, string reason) =>
        Should.Throw<BadInputException>(() => Checkpoint.Open(content, "attack.bin")).Message.ShouldContain(reason);

    /// <summary>A torch archive whose only tensor 't' is a view of a storage of four floats.</summary>
    private static byte[] Tensor(string offset, string shape, string strides, bool withStorage = true)
    {
        var pickle = Pickle(
            Proto + "}U\x01t"
                + "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x01" + "0U\u0003cpuK\x04tQ"
                + offset + shape + strides + "\x89}tRs.");
        return withStorage ? Zip(("a/data.pkl", pickle), ("a/data/0", new byte[16])) : Zip(("a/data.pkl", pickle));
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] members) =>
        Zip(CompressionLevel.NoCompression, members);

    private static byte[] Zip(CompressionLevel level, params (string Name, byte[] Content)[] members)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in members)
            {
                using var stream = archive.CreateEntry(name, level).Open();
                stream.Write(content);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Where an entry of the central directory starts.</summary>
    private static int Directory(byte[] zip, int index)
    {
        var at = 0;
        for (var found = -1; found < index; at++)
        {
            if (zip.AsSpan(at).StartsWith("PK\x01\x02"u8))
            {
                found++;
                if (found == index)
                {
                    return at;
                }
            }
        }

        return at;
    }

    private static byte[] Safetensors(ulong length, string header, int dataBytes)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        text.CopyTo(bytes, 8);
        return bytes;
    }

    private static byte[] Npy(string header)
    {
        var text = Encoding.Latin1.GetBytes(header + "\n");
        var bytes = new byte[10 + text.Length + 64];
        new byte[] { 0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0 }.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)text.Length);
        text.CopyTo(bytes, 10);
        return bytes;
    }
}
