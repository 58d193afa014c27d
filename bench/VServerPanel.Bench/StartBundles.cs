using System.Text.Json.Nodes;

namespace VServerPanel.Bench;

/// <summary>What crun makes its two containers from.</summary>
internal sealed class StartBundles
{
    /// <param name="directory">Where they are put.</param>
    /// <param name="tree">The vserver's root.</param>
    /// <param name="description">What vserver gave the runtime for it.</param>
    public StartBundles(string directory, string tree, string description)
    {
        Bare = Directory.CreateDirectory(Path.Combine(directory, "bare")).FullName;
        Same = Directory.CreateDirectory(Path.Combine(directory, "same")).FullName;
        WriteBare(tree);
        WriteSame(tree, description);
    }

    /// <summary>As <c>crun spec</c> has it, with the tree and the first process of a vserver.</summary>
    public string Bare { get; }

    /// <summary>The vserver's own description.</summary>
    public string Same { get; }

    private void WriteBare(string tree)
    {
        Shell.Run("crun", ["spec", "--bundle", Bare]);
        var path = Path.Combine(Bare, "config.json");
        var spec = JsonNode.Parse(File.ReadAllText(path))!;
        spec["root"] = new JsonObject { ["path"] = tree, ["readonly"] = false };
        spec["process"]!["terminal"] = false;
        spec["process"]!["args"] = new JsonArray("/dev/.vsinit", "-P");
        spec["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/dev/.vsinit",
            ["type"] = "bind",
            ["source"] = "/usr/bin/catatonit",
            ["options"] = new JsonArray("bind", "ro"),
        });
        File.WriteAllText(path, spec.ToJsonString());
    }

    private void WriteSame(string tree, string description)
    {
        var spec = JsonNode.Parse(File.ReadAllText(description))!;

        // crun 1.8 has no idmapped root: its user would give the tree to the mapped ids, once
        var copy = Path.Combine(Same, "root");
        var mapping = spec["linux"]!["uidMappings"]![0]!["hostID"]!.GetValue<uint>();
        Shell.Run("/bin/sh", ["-c", $"cp -a '{tree}' '{copy}' && chown -R {mapping}:{mapping} '{copy}' && chmod 0755 '{Same}' '{copy}'"]);
        spec["root"] = new JsonObject { ["path"] = copy, ["readonly"] = false };
        spec["linux"]!["cgroupsPath"] = "/vserver-bench";
        File.WriteAllText(Path.Combine(Same, "config.json"), spec.ToJsonString());
    }
}
