export namespace store {
    function get(key: any): any;
    function scan(prefix: any, after: any, limit: any): {
        key: any;
        value: any;
    }[];
}
