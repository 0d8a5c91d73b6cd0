export function clear(): void;
export function kindOf(value: any): "boolean" | "text" | "decimal" | "integer" | "date" | "instant" | "duration" | "money" | "structured";
/** Records as the contract gives them: a column for each field. */
export function selection(fields: any, rows: any): {
    kinds: any;
    rows: {
        cells: Uint8Array<ArrayBuffer>;
        present: Uint8Array<ArrayBuffer>;
        text: Uint8Array<ArrayBuffer>;
        rows: any;
    };
};
export function found(object: any, filter: any): any;
export namespace world {
    let lines: any[];
    let micros: bigint;
    let day: number;
    let settings: {};
    let records: Map<any, any>;
    let found: Map<any, any>;
    let store: Map<any, any>;
    let drawn: bigint;
}
