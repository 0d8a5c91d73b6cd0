/** The columns of a hook and where each begins. */
export class Layout {
    constructor(columns: any);
    columns: any;
    places: Map<any, any>;
    before: any;
}
/** A batch as it came, with its cells as 64-bit numbers. */
export class Batch {
    constructor(layout: any, { rows, cells, present, text }: {
        rows: any;
        cells: any;
        present: any;
        text: any;
    });
    layout: any;
    rows: any;
    cells: BigInt64Array<any>;
    present: any;
    text: any;
    /** The value of a row in a column; undefined where it is absent. */
    value(place: any, row: any): any;
}
/** Lays values out one after the other: a batch column by column, patches as they come. */
export class Writer {
    cells: any[];
    present: any[];
    binary: any[];
    length: number;
    values: number;
    /** Adds a value; null or undefined is its absence. A value of another kind is a TypeError. */
    push(kind: any, value: any, name: any): void;
    laid(kind: any, value: any, name: any): any[];
    point(text: any): bigint;
    /** The parts that cross. */
    parts(): {
        cells: Uint8Array<ArrayBuffer>;
        present: Uint8Array<ArrayBuffer>;
        text: Uint8Array<ArrayBuffer>;
    };
}
