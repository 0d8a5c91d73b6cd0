export namespace records {
    function get(object: any, ids: any, fields: any): {
        selected: {
            kinds: any;
            rows: {
                cells: Uint8Array<ArrayBuffer>;
                present: Uint8Array<ArrayBuffer>;
                text: Uint8Array<ArrayBuffer>;
                rows: any;
            };
        };
        found: Uint8Array<ArrayBuffer>;
    };
    function query({ object, filter, fields, limit, after }: {
        object: any;
        filter: any;
        fields: any;
        limit: any;
        after: any;
    }): {
        selected: {
            kinds: any;
            rows: {
                cells: Uint8Array<ArrayBuffer>;
                present: Uint8Array<ArrayBuffer>;
                text: Uint8Array<ArrayBuffer>;
                rows: any;
            };
        };
        next: string;
    };
    function count(object: any, filter: any): any;
}
