using static Microsoft.ML.Score.Synthetic.WorldParameters;

namespace Microsoft.ML.Score.Synthetic;

/// <summary>Paints the frames of a story and labels its tokens. Whole numbers only, so that the bytes are the same everywhere.</summary>
internal sealed class SceneRenderer(Story story, WorldParameters parameters, RandomSequence random)
{
    private const int FrameBytes = FramePixels * FramePixels * 3;
    private const int CellsPerStep = GridSide * GridSide;

    private static readonly (int Red, int Green, int Blue)[] s_colours =
        [(225, 35, 35), (230, 210, 30), (35, 180, 50), (30, 205, 215), (45, 65, 230), (195, 45, 205)];

    /// <summary>Between the coloured stripes of a distractor.</summary>
    private static readonly (int Red, int Green, int Blue) s_stripes = (20, 20, 20);

    /// <summary>The dot that an object carries once it has changed its colour.</summary>
    private static readonly (int Red, int Green, int Blue) s_dot = (240, 240, 240);

    private static readonly string[][] s_figures =
    [
        ["..####..", ".######.", "##....##", "##....##", "##....##", "##....##", ".######.", "..####.."],
        ["########", "########", "##....##", "##....##", "##....##", "##....##", "########", "########"],
        ["##....##", "###..###", ".######.", "..####..", "..####..", ".######.", "###..###", "##....##"],
        ["########", ".######.", "..####..", "...##...", "...##...", "..####..", ".######.", "########"],
    ];

    private static readonly string[][] s_shapes =
    [
        ["..####..", ".######.", "########", "########", "########", "########", ".######.", "..####.."],
        ["########", "########", "########", "########", "########", "########", "########", "########"],
        ["...##...", "...##...", "..####..", "..####..", ".######.", ".######.", "########", "########"],
        ["...##...", "...##...", "...##...", "########", "########", "...##...", "...##...", "...##..."],
    ];

    /// <summary>Frames [steps*2, 48, 48, 3].</summary>
    public byte[] Frames { get; } = new byte[story.Steps * FramesPerStep * FrameBytes];

    /// <summary>One <see cref="TokenLabel"/> per token, [steps, 6, 6].</summary>
    public byte[] Labels { get; } = new byte[story.Steps * CellsPerStep];

    public void Render()
    {
        Scene scene = null!;
        for (var step = 0; step < story.Steps; step++)
        {
            if (story.SceneStarts.Contains(step))
                scene = new Scene(parameters, random);
            LabelStep(scene, step);
            for (var frame = step * FramesPerStep; frame < (step + 1) * FramesPerStep; frame++)
                PaintFrame(scene, step, frame % FramesPerStep, Frames.AsSpan(frame * FrameBytes, FrameBytes));
        }
    }

    private void LabelStep(Scene scene, int step)
    {
        var labels = LabelsOf(step);
        foreach (var distractor in scene.Distractors)
            if (distractor.IsLit(step))
                labels[distractor.Cell] = TokenLabel.Distractor;
        foreach (var bystander in scene.Bystanders)
            labels[bystander.CellAt(step)] = bystander.Label;
        foreach (var item in story.Objects)
            if (item.IsVisible(step))
                labels[CellOf(item, step)] = TokenLabel.Object(item.ColourAt(step), item.Shape);
    }

    private void PaintFrame(Scene scene, int step, int frameOfStep, Span<byte> frame)
    {
        scene.Background.CopyTo(frame);
        if (scene.ShadowSpeed != 0)
            PaintShadow(scene, step, frame);
        // An object hides what its cell shows otherwise, so that the token is told by the object alone.
        var labels = LabelsOf(step);
        foreach (var distractor in scene.Distractors)
        {
            if (labels[distractor.Cell] != TokenLabel.Distractor)
                continue;
            PaintCell(frame, distractor.Cell, (_, _) => true, s_stripes);
            PaintCell(frame, distractor.Cell, (x, y) => (x + y + distractor.Phase) % 4 < 2, s_colours[distractor.Hue]);
        }

        foreach (var cell in scene.FlickerCells)
            if (labels[cell] == TokenLabel.Background)
                PaintFlicker(frame, cell);
        foreach (var bystander in scene.Bystanders)
            if (labels[bystander.CellAt(step)] == bystander.Label)
                PaintFigure(frame, bystander.CellAt(step), s_figures[(int)bystander.Figure], bystander.Motion, frameOfStep, bystander.Colour);
        foreach (var item in story.Objects)
        {
            if (!item.IsVisible(step))
                continue;
            PaintFigure(frame, CellOf(item, step), s_shapes[(int)item.Shape], item.Motion, frameOfStep, item.ColourAt(step));
            if (item.HasChanged(step))
                PaintCell(frame, CellOf(item, step), (x, y) => x is 3 or 4 && y is 3 or 4, s_dot);
        }

        AddNoise(frame, parameters.CameraNoise, random);
    }

    private static void PaintFigure(Span<byte> frame, int cell, string[] rows, ObjectMotion motion, int frameOfStep, ObjectColour colour)
    {
        var (shiftX, shiftY) = ShiftOf(motion, frameOfStep);
        PaintCell(frame, cell, (x, y) => IsCell(x - shiftX, y - shiftY) && rows[y - shiftY][x - shiftX] == '#', s_colours[(int)colour]);
    }

    /// <summary>Pixels from the middle of the cell: a moving object is a little behind in the first frame of a step and a little ahead in the second.</summary>
    private static (int X, int Y) ShiftOf(ObjectMotion motion, int frameOfStep)
    {
        var ahead = frameOfStep == 0 ? -1 : 1;
        return motion switch
        {
            ObjectMotion.Left => (-ahead, 0),
            ObjectMotion.Right => (ahead, 0),
            ObjectMotion.Up => (0, -ahead),
            ObjectMotion.Down => (0, ahead),
            _ => (0, 0),
        };
    }

    private static bool IsCell(int x, int y) => (uint)x < CellPixels && (uint)y < CellPixels;

    private Span<byte> LabelsOf(int step) => Labels.AsSpan(step * CellsPerStep, CellsPerStep);

    private static int CellOf(WorldObject item, int step)
    {
        var (row, column) = item.CellAt(step);
        return row * GridSide + column;
    }

    private static void PaintCell(Span<byte> frame, int cell, Func<int, int, bool> covers, (int Red, int Green, int Blue) colour)
    {
        for (var y = 0; y < CellPixels; y++)
        {
            for (var x = 0; x < CellPixels; x++)
            {
                if (!covers(x, y))
                    continue;
                var pixel = PixelOf(cell, x, y);
                frame[pixel] = (byte)colour.Red;
                frame[pixel + 1] = (byte)colour.Green;
                frame[pixel + 2] = (byte)colour.Blue;
            }
        }
    }

    private void PaintFlicker(Span<byte> frame, int cell)
    {
        for (var y = 0; y < CellPixels; y++)
            for (var x = 0; x < CellPixels; x++)
                frame.Slice(PixelOf(cell, x, y), 3).Fill((byte)random.Between(40, 215));
    }

    /// <summary>A band one cell wide that moves one cell per step and comes round again.</summary>
    private static void PaintShadow(Scene scene, int step, Span<byte> frame)
    {
        var band = (scene.ShadowStart + step * scene.ShadowSpeed + 1024 * GridSide) % GridSide;
        for (var cell = 0; cell < CellsPerStep; cell++)
        {
            if ((scene.ShadowIsRow ? cell / GridSide : cell % GridSide) != band)
                continue;
            for (var y = 0; y < CellPixels; y++)
                foreach (ref var channel in frame.Slice(PixelOf(cell, 0, y), CellPixels * 3))
                    channel = (byte)(channel * 5 / 8);
        }
    }

    private static int PixelOf(int cell, int x, int y) => ((cell / GridSide * CellPixels + y) * FramePixels + cell % GridSide * CellPixels + x) * 3;

    private static void AddNoise(Span<byte> frame, int amplitude, RandomSequence random)
    {
        var bits = 0UL;
        for (var i = 0; i < frame.Length; i++)
        {
            bits = i % sizeof(ulong) == 0 ? random.Next() : bits >> 8;
            frame[i] = (byte)Math.Clamp(frame[i] + ((int)(bits & 0xFF) * (2 * amplitude + 1) >> 8) - amplitude, 0, 255);
        }
    }

    private sealed record Distractor(int Cell, int Hue, int Phase, bool Blinks)
    {
        public bool IsLit(int step) => !Blinks || (step + Phase) % 2 == 0;
    }

    /// <summary>The look of the frames between two cuts.</summary>
    private sealed class Scene
    {
        public Scene(WorldParameters parameters, RandomSequence random)
        {
            PaintBackground(parameters, random);
            var cells = random.Shuffled(Enumerable.Range(0, CellsPerStep));
            var (fixedCells, blinkingCells) = random.Chance(parameters.DistractorPercent)
                ? (random.Between(0, parameters.MaxStaticDistractors), random.Between(parameters.MinBlinkingDistractors, parameters.MaxBlinkingDistractors))
                : (0, 0);
            Distractors = [.. cells.Take(fixedCells + blinkingCells).Select((cell, i) => new Distractor(cell, random.Below(s_colours.Length), random.Below(4), Blinks: i >= fixedCells))];
            FlickerCells = [.. cells.Skip(Distractors.Length).Take(random.Between(0, parameters.MaxFlickerCells))];
            ShadowSpeed = random.Chance(parameters.ShadowPercent) ? random.Below(2) * 2 - 1 : 0;
            ShadowStart = random.Below(GridSide);
            ShadowIsRow = random.Below(2) == 0;
            Bystanders = [.. Enumerable.Range(0, random.Between(parameters.MinBystanders, parameters.MaxBystanders)).Select(_ => Bystander.Draw(parameters.StayPercent, random))];
        }

        public byte[] Background { get; } = new byte[FrameBytes];

        public Distractor[] Distractors { get; }

        public Bystander[] Bystanders { get; }

        public int[] FlickerCells { get; }

        /// <summary>Cells per step; 0 when the scene has no shadow.</summary>
        public int ShadowSpeed { get; }

        public int ShadowStart { get; }

        public bool ShadowIsRow { get; }

        /// <summary>A grey with a slight tint, a slope of brightness, grey clutter and a fixed texture.</summary>
        private void PaintBackground(WorldParameters parameters, RandomSequence random)
        {
            var grey = random.Between(80, 170);
            int[] tint = [random.Between(-10, 10), random.Between(-10, 10), random.Between(-10, 10)];
            var (slopeX, slopeY) = (random.Between(-20, 20), random.Between(-20, 20));
            var lightness = new int[FramePixels * FramePixels];
            for (var i = 0; i < lightness.Length; i++)
                lightness[i] = grey + (i % FramePixels * slopeX + i / FramePixels * slopeY) / FramePixels;

            for (var shape = 0; shape < parameters.ClutterShapes; shape++)
            {
                var (left, top) = (random.Between(-4, FramePixels - 2), random.Between(-4, FramePixels - 2));
                var (width, height, change) = (random.Between(2, 14), random.Between(2, 14), random.Between(-45, 45));
                for (var y = Math.Max(0, top); y < Math.Min(FramePixels, top + height); y++)
                    for (var x = Math.Max(0, left); x < Math.Min(FramePixels, left + width); x++)
                        lightness[y * FramePixels + x] += change;
            }

            for (var i = 0; i < Background.Length; i++)
                Background[i] = (byte)Math.Clamp(lightness[i / 3] + tint[i % 3], 0, 255);
            AddNoise(Background, parameters.TextureNoise, random);
        }
    }
}
