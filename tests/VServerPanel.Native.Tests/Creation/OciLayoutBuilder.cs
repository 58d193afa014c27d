using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using VServerPanel.Native.Creation.Oci;

namespace VServerPanel.Native.Tests.Creation;

/// <summary>Writes OCI image layouts.</summary>
internal sealed class OciLayoutBuilder(string directory)
{
    private readonly List<object> _manifests = [];

    public string Directory { get; } = directory;

    /// <summary>A layer with files (content), directories (name ends in '/', content null) and whiteouts.</summary>
    public static byte[] Layer(params (string Name, string? Content)[] entries)
    {
        var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            foreach (var (name, content) in entries)
            {
                tar.WriteEntry(content is null
                    ? new PaxTarEntry(TarEntryType.Directory, name)
                    : content.StartsWith("-> ", StringComparison.Ordinal)
                        ? new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = content[3..] }
                        : new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
            }
        }

        return stream.ToArray();
    }

    public void AddImage(string? tag, string architecture, params byte[][] layers)
    {
        var config = AddBlob(JsonSerializer.SerializeToUtf8Bytes(new { architecture, os = "linux", config = new { Entrypoint = new[] { "/bin/app" }, Env = new[] { "A=1" } } }), "application/vnd.oci.image.config.v1+json");
        var descriptors = layers.Select(l => AddBlob(l, "application/vnd.oci.image.layer.v1.tar+gzip")).ToList();
        var manifest = AddBlob(JsonSerializer.SerializeToUtf8Bytes(new { schemaVersion = 2, config, layers = descriptors }), "application/vnd.oci.image.manifest.v1+json");
        if (tag is not null)
        {
            manifest["annotations"] = new Dictionary<string, string> { ["org.opencontainers.image.ref.name"] = tag };
        }

        _manifests.Add(manifest);
    }

    public void Write()
    {
        File.WriteAllText(Directory + "/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        File.WriteAllBytes(Directory + "/index.json", JsonSerializer.SerializeToUtf8Bytes(new { schemaVersion = 2, manifests = _manifests }));
    }

    public static string Mine => OciLayout.Architecture;

    private Dictionary<string, object> AddBlob(byte[] content, string mediaType)
    {
        var hex = Convert.ToHexStringLower(SHA256.HashData(content));
        System.IO.Directory.CreateDirectory(Directory + "/blobs/sha256");
        File.WriteAllBytes($"{Directory}/blobs/sha256/{hex}", content);
        return new Dictionary<string, object> { ["mediaType"] = mediaType, ["digest"] = $"sha256:{hex}", ["size"] = content.Length };
    }
}
